import type { Hold } from './environment.ts';
import { isChangeEntry, type LedgerEntry } from './ledger.ts';

/** Finds the holds in a stored ledger: an environment that was terminated forgets nothing. */
export function holdsOf(ledger: readonly LedgerEntry[]): Hold[] {
  const held = new Map<string, Hold>();
  for (const entry of ledger) {
    if (entry.kind === 'lift') held.delete(entry.digest);
    else if (isChangeEntry(entry) && entry.hold) add(held, { ...entry.hold, change: entry.change, since: entry.at });
  }
  return [...held.values()];
}

function add(held: Map<string, Hold>, hold: Hold): void {
  if (!held.has(hold.digest)) held.set(hold.digest, hold);
}
