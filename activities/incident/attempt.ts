import { oneLine } from '../one-line.ts';
import { withTimeLimit } from './time-limit.ts';

/** The suspects need some looks one after the other, all within the limit of one activity. */
const defaultLimitMs = 3_500;

/** Runs a look that must not stop the others; notes that it did not answer (invariant I10). */
export async function attempt<T>(
  what: string,
  unknown: string[],
  look: () => Promise<T>,
  limitMs = defaultLimitMs,
): Promise<T | undefined> {
  try {
    return await withTimeLimit(limitMs, new AbortController().signal, look);
  } catch (error) {
    noteSilence(what, unknown, error);
    return undefined;
  }
}

/** Notes what did not answer, and why. */
export function noteSilence(what: string, unknown: string[], error: unknown): void {
  unknown.push(oneLine(`${what} could not be read: ${error instanceof Error ? error.message : String(error)}`));
}
