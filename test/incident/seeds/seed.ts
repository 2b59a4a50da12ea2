import type { ChangeKind } from '../../../contract/plan.ts';

/**
 * A situation in which an incident begins. All times are minutes from the time at which the alert fires; negative ones
 * are before it. A seed says what happened and what it looks like in logs, and knows nothing of any rule.
 */
export interface Seed {
  name: string;
  /** What really happened, for who reads the table. */
  story: string;
  /** No category has this alert, unless the seed says so. */
  alert: { name: string; summary: string };
  /** What the ledger has, the oldest first. */
  changes: SeedChange[];
  /** What happens in the log besides the usual. */
  lines: SeedLines[];
  /** What somebody has changed by hand, as the platform's read-back says it. */
  byHand?: string[];
  /** A deploy that is under way, since so many minutes. */
  underWay?: { name: string; minutes: number; commit: string };
  /** The change to blame, `by hand` or `under way`; null if none is. */
  guilty: string | null;
  /** The category that the alert belongs to; null for none. */
  category: 'streamCompletion' | null;
}

export interface SeedChange {
  name: string;
  /** A deploy where nothing is said. */
  kind?: ChangeKind;
  /** When it ended. */
  minutes: number;
  /** The commits that it brings, the oldest first: `subject`. */
  commits?: string[];
  /** The same image with other settings. */
  isSettingsOnly?: true;
  migrations?: string[];
  /** It did not pass its bake: what had served before serves again. */
  isRestored?: true;
  /** The change that a rollback goes back to. */
  to?: string;
}

/** Lines that come evenly from one minute to another. */
export interface SeedLines {
  from: number;
  until: number;
  perMinute: number;
  severity: 'INFO' | 'WARNING' | 'ERROR';
  /** `#` stands for a number that is another in each line. */
  message: string;
  fields?: Record<string, string>;
  /** Lines of what is under way come from its revision; all others from what served at that time. */
  isOfUnderWay?: true;
}
