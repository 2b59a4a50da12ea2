import { setTimeout as wait } from 'node:timers/promises';
import type { Progress } from '../ports/target.ts';
import { isPassing } from './failure.ts';

/** Interval between reads. Google's own clients back off to tens of seconds. */
const intervalMs = 300;
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
  for (let misses = 0; ;) {
    try {
      const value = await read();
      misses = 0;
      if (ended(value)) return value;
      progress(tell(value));
    } catch (error) {
      misses += 1;
      if (!isPassing(error) || misses > maxMisses) throw error;
    }
    await pause(signal);
  }
}

/** Waits one interval; throws the signal's own reason when the work is given up. */
export async function pause(signal: AbortSignal): Promise<void> {
  try {
    await wait(intervalMs, undefined, { signal });
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  }
}
