import type { Hold } from './environment.ts';
import { isChangeEntry, type LedgerEntry } from './ledger.ts';

/** Finds the holds in a stored ledger: an environment that was terminated forgets nothing. */
export function holdsOf(ledger: readonly LedgerEntry[]): Hold[] {
  const holds = new Map<string, Hold>();
  for (const entry of ledger) {
    if (entry.kind === 'lift') holds.delete(entry.digest);
    else if (isChangeEntry(entry) && entry.hold) add(holds, { ...entry.hold, change: entry.change, since: entry.at });
  }
  return [...holds.values()];
}

function add(holds: Map<string, Hold>, hold: Hold): void {
  if (!holds.has(hold.digest)) holds.set(hold.digest, hold);
}

/** Says a hold in one line: since when, why, and by which change. */
export function describeHold({ since, reason, change }: Pick<Hold, 'since' | 'reason' | 'change'>): string {
  return `on hold since ${since}: ${reason} (change ${change})`;
}
