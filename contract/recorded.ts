import { describeCommit, describeServed } from './artifact.ts';
import { describeSkipped } from './ending.ts';
import type { ChangeEntry, LedgerEntry, RunningRevision } from './ledger.ts';

/** Says for people what a ledger has. `moment` writes a time: in UTC, or in the reader's zone. */

/** Says what is recorded to serve: which commit, since when and by whom. */
export function describeRecorded(runs: RunningRevision | null, moment: (at: string) => string): string {
  if (!runs) return 'not known: no change has been verified here yet';
  const { since, by, change, again } = runs;
  const served = describeServed(runs);
  const origin = `released ${moment(since)} by ${by} (change ${change})`;
  if (!again) return `${served}, ${origin}`;
  return `${served}, again since ${moment(again.since)}, when change ${again.change} was taken back; ${origin}`;
}

/** Says which state was verified last. */
export function describeVerified(entry: ChangeEntry | null, moment: (at: string) => string): string {
  if (!entry) return 'none';
  const { commit, revision, at, kind, change, skipped = [] } = entry;
  const how = `verified ${moment(at)} by ${kind} ${change}${describeSkipped(skipped)}`;
  return `${describeCommit(commit)} (revision ${revision}), ${how}`;
}

/** Says whether an entry was verified and nobody skipped a step of it: its outcome names the skipped ones. */
export function isWhollyVerified(entry: LedgerEntry): boolean {
  return 'verified' in entry && entry.verified && entry.skipped === undefined;
}
