import { passingFailure } from '../failure.ts';
import { Silence, withTimeLimit } from '../incident/time-limit.ts';

/** Gives up on a store that hangs: it must not keep the slots of a worker. Another try may succeed. */
export function inTime<T>(limitMs: number, work: () => Promise<T>): Promise<T> {
  return withTimeLimit(limitMs, new AbortController().signal, work).catch((error: unknown) => {
    throw error instanceof Silence ? passingFailure(`the store of the ledger ${error.message}`) : error;
  });
}

/** How long a stored ledger is read, below the limits of the activities. A rollback may wait for it. */
export const readLedgerWithinMs = 8_000;
