import { lastKnownGood, runningRevision } from '../../contract/ledger.ts';
import type { LedgerSummary } from '../../contract/ledger-memory.ts';
import type { EnvironmentName } from '../api/environment-name.ts';
import type { EnvironmentReport } from '../api/environment-report.ts';
import type { LastKnown, PlaceState } from './board.ts';

/** Reads the stored ledger of a place; empty where it has none. */
export type StoredLedger = (place: EnvironmentName) => Promise<LedgerSummary>;

/** Keeps what each environment has answered last. */
export interface PlaceMemory {
  /** Answers the state of a place by its answer: a text says why there is none, null that it was never used. */
  stateOf(place: EnvironmentName, answer: EnvironmentReport | string | null, at: string): Promise<PlaceState>;
}

const notThere = 'its workflow does not run; the next change starts it, from the stored ledger';

/** Creates the memory. Of a place that has not answered yet, the stored ledger tells what is recorded. */
export function createPlaceMemory(storedLedger: StoredLedger | null): PlaceMemory {
  const remembered = new Map<string, LastKnown>();
  return {
    stateOf: async (place, answer, at) => {
      const key = `${place.service}/${place.environment}`;
      if (answer !== null && typeof answer === 'object' && !answer.stale) {
        remembered.set(key, { asOf: at, from: 'the environment', status: answer });
        return { kind: 'answered', status: answer };
      }
      const known = remembered.get(key) ?? (await knownByLedger(place, storedLedger));
      if (answer === null) return known ? { kind: 'silent', reason: notThere, memo: null, known } : { kind: 'unused' };
      if (typeof answer === 'string') return { kind: 'silent', reason: answer, memo: null, known };
      return { kind: 'silent', reason: 'it does not answer', memo: answer, known };
    },
  };
}

async function knownByLedger(place: EnvironmentName, storedLedger: StoredLedger | null): Promise<LastKnown | null> {
  // A ledger that cannot be read is as good as none: the board says that nothing is known.
  const stored = await storedLedger?.(place).catch(() => null);
  const last = stored?.entries.at(-1);
  if (!stored || !last) return null;
  const { entries: ledger, memory } = stored;
  return {
    asOf: last.at,
    from: 'the stored ledger',
    status: {
      runs: runningRevision(ledger),
      lastKnownGood: lastKnownGood(ledger),
      holds: memory.holds,
      disabledTraffic: memory.disabledTraffic,
      ledger,
    },
  };
}
