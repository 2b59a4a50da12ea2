import { oneLine } from '../one-line.ts';

/** Runs a look that must not stop the others; notes that it did not answer (invariant I10). */
export async function attempt<T>(what: string, unknown: string[], look: () => Promise<T>): Promise<T | undefined> {
  try {
    return await look();
  } catch (error) {
    unknown.push(oneLine(`${what} could not be read: ${error instanceof Error ? error.message : String(error)}`));
    return undefined;
  }
}
