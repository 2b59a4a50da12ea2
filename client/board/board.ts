import type { DriftReport } from '../../contract/drift.ts';
import type { EnvironmentStatus } from '../../contract/environment.ts';
import type { EnvironmentName } from '../api/environment-name.ts';
import type { StaleEnvironment } from '../api/environment-report.ts';
import type { RunReport } from '../api/run-report.ts';

/** Holds what the board shows, as it was at one moment. */
export interface Board {
  /** When Temporal has answered last; null where it has not yet. */
  at: string | null;
  temporal: { address: string; namespace: string };
  /** Set while Temporal does not answer: all else is from `at`. */
  outage: { since: string; reason: string } | null;
  /** Why no worker answers; null while one does. */
  silence: string | null;
  /** Environments of the catalog in its order, then those that only Temporal knows. */
  places: BoardPlace[];
  /** Changes that run, newest first. */
  runs: BoardRun[];
  /** Incidents that are open, newest first. */
  incidents: BoardRun[];
  /** Changes of the last days that have ended, newest first. */
  past: PastChange[];
  /** What is missing on the board, such as a file of this machine's catalog that cannot be read. */
  notices: string[];
}

/** A run, with the place that its list entry names where it could not be asked itself. */
export type BoardRun = RunReport & EnvironmentName & { commit: string };

export interface BoardPlace extends EnvironmentName {
  /** Its page in the Temporal UI; null where it has none, or no UI is known. */
  link: string | null;
  /** Why this machine's catalog cannot use it; null where it can, or does not have it. */
  unusable: string | null;
  state: PlaceState;
  /** What the platform has answered; null before that. */
  platform: PlatformAnswer | null;
}

export type PlaceState =
  /** Nothing has happened there yet. */
  | { kind: 'unused' }
  | { kind: 'answered'; status: EnvironmentStatus }
  /** It does not answer: its memo, and what is known from before. */
  | { kind: 'silent'; reason: string; memo: StaleEnvironment | null; known: LastKnown | null };

/** Holds what was known of an environment that does not answer now. */
export interface LastKnown {
  /** When it was known to be true. */
  asOf: string;
  from: 'the environment' | 'the stored ledger';
  status: KnownStatus;
}

/** Holds the part of a status that a ledger tells, and what else is known. */
export type KnownStatus = Partial<EnvironmentStatus> &
  Pick<EnvironmentStatus, 'runs' | 'lastKnownGood' | 'holds' | 'ledger'>;

export interface PlatformAnswer {
  at: string;
  /** What serves; or why nobody knows it. */
  answer: DriftReport | string;
}

/** A change that has ended. */
export interface PastChange extends EnvironmentName {
  change: string;
  kind: string;
  commit: string;
  at: string;
  /** Who asked for it; empty where only its run is known. */
  by: string;
  /** How it ended, in a word and in a line. */
  word: string;
  outcome: string;
  isDone: boolean;
  /** False for one that ended before it held the environment, such as one that was rejected. */
  hasHeld: boolean;
  link: string | null;
}

/** Finds what is known of an environment, from now or from before; null where nothing is. */
export function knownStatus({ state }: BoardPlace): KnownStatus | null {
  if (state.kind === 'answered') return state.status;
  return state.kind === 'silent' ? (state.known?.status ?? null) : null;
}

/** Selects what is about one place. */
export function ofPlace<Subject extends EnvironmentName>(
  all: readonly Subject[],
  { service, environment }: EnvironmentName,
): Subject[] {
  return all.filter((one) => one.service === service && one.environment === environment);
}

/** Names the phase of an environment: what it wrote down last is true as long as nothing moves. */
export function phaseOf({ state }: BoardPlace): string {
  if (state.kind === 'answered') return state.status.phase;
  return state.kind === 'silent' ? (state.memo?.phase ?? state.known?.status.phase ?? '') : '';
}
