import { inlineOf } from '../../contract/ledger-inline.ts';
import { remember, type LedgerMemory } from '../../contract/ledger-memory.ts';
import type { LedgerEntry } from '../../contract/ledger.ts';
import type { EnvironmentState, UnwrittenEntry } from './state.ts';

/** Longest list of unwritten entries, as text: it is carried on, and a payload has a limit of 2 MiB. */
const maxUnwrittenLength = 600_000;

/** Answers the ledger with the entries that the store does not have yet. */
export function ledgerOf({ ledger, unwritten }: Pick<EnvironmentState, 'ledger' | 'unwritten'>): LedgerEntry[] {
  return unwritten.length === 0 ? ledger : inlineOf([...ledger, ...unwritten.map(asEntry)]);
}

/** Says whether so much waits for the store that only what helps users may add to it. */
export function isBacklogFull({ unwritten }: EnvironmentState): boolean {
  return unwritten.length > 0 && JSON.stringify(unwritten).length > maxUnwrittenLength;
}

/** Takes entries over that the store has and this environment has not known, below its own unwritten ones. */
export function takeOverEntries(state: EnvironmentState, found: readonly LedgerEntry[]): void {
  state.ledger = inlineOf([...state.ledger, ...found]);
  Object.assign(state, withUnwritten(found.reduce<LedgerMemory>(remember, memoryOf(state)), state.unwritten));
  if (found.some((entry) => 'serves' in entry && typeof entry.serves === 'object')) state.drift = null;
}

/** Adds to what is remembered of a stored ledger what the entries say that are not written yet. */
export function withUnwritten(memory: LedgerMemory, unwritten: readonly UnwrittenEntry[]): LedgerMemory {
  return unwritten.map(asEntry).reduce(remember, memory);
}

function memoryOf({ number, holds, freeze, stops, disabledTraffic, windowEnded }: EnvironmentState): LedgerMemory {
  return { number, holds, freeze, stops, disabledTraffic, windowEnded };
}

/** Shows an unwritten entry as one of the ledger: nobody knows its hash yet. */
function asEntry({ at, number, draft }: UnwrittenEntry): LedgerEntry {
  return { ...draft, at, number, previous: '', hash: '' };
}
