import type { Finding } from './verdict.ts';

/** Holds what a run of the baseline reports, and what it shows while it goes on. */

/** Holds one check of a baseline. No field ever has a secret in it. */
export interface BaselineCheck extends Finding {
  name: string;
  /** False if it was not made, because an earlier one did not pass. */
  made: boolean;
  seconds: number;
  /** The lines that were expected, as they were seen: `127.0.0.1:5432 - accepting connections`. */
  seen: string[];
  /** What to do about it; null if there is nothing to do. */
  next: string | null;
  /** The end of its output. */
  samples: string[];
}

export interface BaselineReport {
  service: string;
  /** The commit whose commands ran; empty if it could not be had. */
  commit: string;
  /** Which commands of the catalog: those of Gate G0, or the validation commands. */
  list: 'baseline' | 'validation';
  checks: BaselineCheck[];
}

/**
 * Holds the last lines of output of a baseline that runs: the heartbeat of its activity. Who reads one after the other
 * knows by `first` which lines are new, and how many passed too quickly to be seen.
 */
export interface OutputTail {
  /** The check that runs now, for who reads a heartbeat in the Temporal UI. */
  check: string;
  /** The number of the first of these lines in all of the output. */
  first: number;
  lines: string[];
}
