import type { Suspect } from '../../contract/incident/status.ts';
import type { LedgerEntry } from '../../contract/ledger.ts';
import { oneLine } from '../one-line.ts';
import { rankEvent, type EventEntry } from './suspect-rules.ts';

const names: Record<EventEntry['kind'], string> = {
  drill: 'drill',
  unclean: 'unclean end',
  lift: 'hold lifted',
  unfreeze: 'freeze lifted',
};

/**
 * Lists what the ledger has besides changes: drills, unclean ends, holds and freezes that were lifted. A rollback takes
 * none of it back, so they name no change.
 */
export function suspectEvents(
  ledger: readonly LedgerEntry[],
  { onset, hours }: { onset: string; hours: number },
): Suspect[] {
  const hoursBefore = (at: string) => (Date.parse(onset) - Date.parse(at)) / 3_600_000;
  return ledger
    .filter(isEvent)
    .filter(({ at }) => hoursBefore(at) >= 0 && hoursBefore(at) <= hours)
    .map((event) => {
      const { kind, by, outcome, reason, at } = event;
      const what = oneLine(`${names[kind]} by ${by}: ${[outcome, reason].filter((part) => part !== '').join('; ')}`);
      return { change: '', what, at, commit: '', ...rankEvent(event, onset), commits: [] };
    });
}

function isEvent(entry: LedgerEntry): entry is EventEntry {
  return entry.kind in names;
}
