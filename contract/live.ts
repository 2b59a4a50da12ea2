/**
 * What a target serves, in the words of no platform. Only what a change sets: no etags, generations, counts or times
 * (invariant I4).
 */

/** A share of the traffic; `revision: null` follows the latest ready revision. */
export interface TrafficShare {
  revision: string | null;
  percent: number;
  tag: string | null;
}

export interface ServingRevision {
  revision: string;
  digest: string;
  commit: string;
  percent: number;
}

export interface LiveState {
  /** False before the first release ever. */
  exists: boolean;
  /** Where users reach it; empty when it does not exist. */
  url: string;
  /** Who answers users now, largest share first. */
  serving: ServingRevision[];
  /** Traffic as configured: following the latest revision, or pinned. */
  traffic: TrafficShare[];
  /** The template that the next revision would come from: its revision's name and its image's digest. */
  template: { revision: string; digest: string } | null;
  /** The migration job's image digest and command; null where the target has none. */
  job: MigrationJobState | null;
  /** Changes whenever anybody changes template or traffic: the condition of the next write. */
  key: string;
}

export interface MigrationJobState {
  name: string;
  image: string;
  digest: string;
  command: string[];
  args: string[];
  maxRetries: number;
}

/** The state before the first mutation, with what was found about the way back. */
export interface Snapshot {
  takenAt: string;
  live: LiveState;
  /** The revision that a restore gives the traffic back to; null before the first release. */
  good: ServingRevision | null;
  /** Why a restore would not succeed; empty when it would. */
  obstacles: string[];
  /** What is under way at the target right now, so that this state will not last; absent when it is settled. */
  changing?: string;
}

/** A staged revision that takes no live traffic yet. */
export interface Candidate {
  revision: string;
  /** Where it can be called; the service's own URL in a first release. */
  url: string;
  key: string;
}

/** What the platform serves at the end of a change (invariant I7), with every deviation. */
export interface ReadBack {
  live: LiveState;
  problems: string[];
}

/** What became of one migration command. */
export interface MigrationRun {
  execution: string;
  outcome: 'succeeded' | 'failed' | 'cancelled';
  /** Image of the execution itself, read back from the platform. */
  digest: string;
  taskAttempts: number;
  reason: string;
  startedAt: string;
  endedAt: string;
}
