import { setTimeout as wait } from 'node:timers/promises';
import type { Progress } from '../ports/target.ts';
import { isPassing } from './failure.ts';

/** The platform's end of an operation is noticed within this; its own clients back off to tens of seconds. */
const intervalMs = 300;
/** Looks that may fail one after the other before the activity gives up and is repeated. */
const maxMisses = 10;

export interface Watch<T> {
  look(): Promise<T>;
  ended(value: T): boolean;
  /** What a person reads while it goes on. */
  tell(value: T): Record<string, unknown>;
  progress: Progress;
  signal: AbortSignal;
}

/** Looks at a resource until it has come to its end; a failed look is no verdict. */
export async function follow<T>({ look, ended, tell, progress, signal }: Watch<T>): Promise<T> {
  for (let misses = 0; ;) {
    try {
      const value = await look();
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
