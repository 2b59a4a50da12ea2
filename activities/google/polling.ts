import { setTimeout as wait } from 'node:timers/promises';
import { operationCadence, pauseOf } from '../cadence.ts';
import type { Progress } from '../ports/target.ts';
import { asPoll } from '../urgency.ts';
import { isPassing } from './failure.ts';

/** Reads that may fail one after the other before the activity gives up and is repeated. */
const maxMisses = 10;

export interface Watch<T> {
  read(): Promise<T>;
  ended(value: T): boolean;
  /** Describes for a person what goes on. */
  tell(value: T): Record<string, unknown>;
  progress: Progress;
  signal: AbortSignal;
}

/** Reads a resource until it has come to its end. A failed read says nothing. */
export async function follow<T>({ read, ended, tell, progress, signal }: Watch<T>): Promise<T> {
  const beganAt = Date.now();
  for (let misses = 0; ;) {
    try {
      const value = await asPoll(read);
      misses = 0;
      if (ended(value)) return value;
      progress(tell(value));
    } catch (error) {
      misses += 1;
      if (!isPassing(error) || misses > maxMisses) throw error;
    }
    await pause(signal, pauseOf(operationCadence, Date.now() - beganAt));
  }
}

/** Waits, by default as long as between two first reads; throws the signal's own reason when the work is given up. */
export async function pause(signal: AbortSignal, ms = operationCadence.firstMs): Promise<void> {
  try {
    await wait(ms, undefined, { signal });
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  }
}
