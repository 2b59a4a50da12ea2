import { describeCommit } from './artifact.ts';
import type { Finding } from './verdict.ts';

/**
 * Describes what a target serves, in the words of no platform. Only what a change sets: no etags, generations, counts
 * or times (invariant I4).
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
  /** The image as the platform has it; absent in a state of an earlier version. No plan has it: the digest says it. */
  image?: string;
  commit: string;
  percent: number;
}

/** Says which commit a revision gives to how many users. */
export function describeShare({ commit, percent, revision }: ServingRevision): string {
  return `${describeCommit(commit)} to ${percent} % of users (revision ${revision})`;
}

export interface LiveState {
  /** False before the first release ever. */
  exists: boolean;
  /** The URL for users; empty if it does not exist. */
  url: string;
  /** Revisions that answer users now, largest share first. */
  serving: ServingRevision[];
  /** Traffic as it is configured: following the latest revision, or pinned. */
  traffic: TrafficShare[];
  /** The next revision's template: its revision's name and its image's digest. */
  template: { revision: string; digest: string } | null;
  /** The migration job; null if the target has none. */
  job: MigrationJobState | null;
  /** The other jobs beside the service; absent where there is none, and in a state of an earlier version. */
  jobs?: OtherJobs;
  /** A key that changes with template or traffic: the condition of the next write. */
  key: string;
  /** True if the platform lets everybody call it; absent where the catalog leaves that to others. */
  isOpen?: boolean;
}

/** Digests of what a run of each job takes from it, besides what a change gives it for that run. */
export interface OtherJobs {
  smoke?: string;
  evidence?: string;
}

export interface MigrationJobState {
  name: string;
  image: string;
  digest: string;
  command: string[];
  args: string[];
  maxRetries: number;
  /** Digest of all else that a run takes from it; absent in a state of an earlier version. */
  settings?: string;
}

/** Holds the state before the first write, and what was found about the way back. */
export interface Snapshot {
  takenAt: string;
  live: LiveState;
  /** The revision that a restore gives the traffic back to; null before the first release. */
  good: ServingRevision | null;
  /** Reasons why a restore would fail; empty if it would succeed. */
  obstacles: string[];
  /** The work that is under way at the target, so that this state will not last; absent if there is none. */
  changing?: string;
}

/** A staged revision that takes no live traffic yet. */
export interface Candidate {
  revision: string;
  /** The URL where it can be called; the service's own in a first release. */
  url: string;
  key: string;
}

/** Holds what the platform serves at the end of a change (invariant I7), with every deviation. */
export interface ReadBack {
  live: LiveState;
  problems: string[];
}

/** Holds the end of one command that ran as a job: a migration or a smoke. */
export interface JobRun {
  execution: string;
  outcome: 'succeeded' | 'failed' | 'cancelled';
  /** Image of the execution itself, read back from the platform. */
  digest: string;
  taskAttempts: number;
  reason: string;
  startedAt: string;
  endedAt: string;
}

/** Holds one check of a target's health; the reason is for a person. */
export interface HealthCheck extends Finding {
  name: string;
}
