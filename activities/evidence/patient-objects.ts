import { setTimeout as pause } from 'node:timers/promises';
import { growingPauses } from '../../contract/growing-pauses.ts';
import { withTimeLimit } from '../incident/time-limit.ts';
import { oneLine } from '../one-line.ts';
import { isOwnError } from '../own-errors.ts';
import type { EvidenceObjects } from '../ports/index.ts';
import type { Progress } from '../ports/target.ts';

const keepWithinMs = 20_000;
const firstPauseMs = 1_000;
const maxPauseMs = 30_000;

/**
 * Makes a store that waits where the real one is away, full or denied, and says so as its progress. Nothing that was
 * seen before is looked at again, and no person has to decide: an outage leaves nothing to decide (ADR 0045).
 */
export function patientObjects(
  objects: EvidenceObjects,
  { progress, signal }: { progress: Progress; signal: AbortSignal },
): EvidenceObjects {
  const keep = async (text: string): Promise<string> => {
    const pauseMs = growingPauses(firstPauseMs, maxPauseMs);
    for (;;) {
      try {
        return await withTimeLimit(keepWithinMs, signal, () => objects.keep(text));
      } catch (error) {
        if (signal.aborted || isOwnError(error)) throw error;
        const why = oneLine(error instanceof Error ? error.message : String(error));
        progress({ 'the store of evidence is waited for': why });
        await pause(pauseMs(), undefined, { signal });
      }
    }
  };
  return { keep, read: (hash) => objects.read(hash) };
}
