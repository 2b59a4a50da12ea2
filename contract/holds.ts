import type { Hold, LedgerEntry } from './environment.ts';

/** Holds as a stored ledger has them: an environment that was terminated forgets nothing. */
export function holdsOf(ledger: readonly LedgerEntry[]): Hold[] {
  const held = new Map<string, Hold>();
  for (const { kind, digest, commit, hold: reason, held: other, change, at } of ledger) {
    if (kind === 'lift') held.delete(digest);
    else if (reason !== undefined) keep(held, { ...(other ?? { digest, commit }), reason, change, since: at });
  }
  return [...held.values()];
}

function keep(held: Map<string, Hold>, hold: Hold): void {
  if (!held.has(hold.digest)) held.set(hold.digest, hold);
}
