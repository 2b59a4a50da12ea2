import type { LedgerEntry, Runs, Served } from './environment.ts';

export type { Runs, Served };

/**
 * What a ledger says of an environment; pure, so that the environment, the command line and a reader of the stored
 * file say the same.
 */

/** Entries kept inline; older ones are in the evidence store. */
export const mostInlineEntries = 50;
/** Verified entries that stay inline however old they are: goals of rollbacks and sources of promotions. */
const mostInlineGoals = 10;

export function whatRuns(ledger: readonly LedgerEntry[]): Runs | null {
  const told = ledger.map((entry) => ({ entry, serves: servesOf(entry) })).filter(({ serves }) => serves !== undefined);
  const known = told.flatMap(({ entry, serves }) => (serves ? [{ entry, serves }] : []));
  const last = known.at(-1);
  if (!last) return null;
  const first = known.findLastIndex(({ serves }) => serves.digest !== last.serves.digest) + 1;
  const { entry } = known[first] ?? last;
  return { ...last.serves, since: entry.at, change: entry.change, by: entry.by, certain: told.at(-1)?.serves !== null };
}

/** The last state that was verified; null where there is none. */
export function lastKnownGood(ledger: readonly LedgerEntry[]): LedgerEntry | null {
  return ledger.findLast(({ verified, digest }) => verified && digest !== '') ?? null;
}

/** What stays inline: the newest entries, and before them the newest of those that a rollback can go to. */
export function inlineOf(ledger: readonly LedgerEntry[]): LedgerEntry[] {
  const older = ledger.slice(0, -mostInlineEntries);
  const goals = new Set(ledger.filter(({ verified, digest }) => verified && digest !== '').slice(-mostInlineGoals));
  return [...older.filter((entry) => goals.has(entry)), ...ledger.slice(-mostInlineEntries)];
}

/**
 * Undefined where the entry says nothing of it, null where it is not known after it. Entries of before `serves` tell
 * by what they are.
 */
function servesOf({ serves, verified, kind, revision, digest, commit }: LedgerEntry): Served | null | undefined {
  if (serves !== undefined) return serves;
  return verified || (kind === 'unclean' && revision !== '') ? { revision, digest, commit } : undefined;
}
