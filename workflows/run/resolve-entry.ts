import { isCancellation, sleep } from '@temporalio/workflow';
import type { Resolution, ResolveRequest } from '../../activities/people/resolution.ts';
import { catalogUnreadType } from '../../contract/failures.ts';
import { growingPauses } from '../../contract/growing-pauses.ts';
import { lookups } from './activities.ts';
import { slipwayCommand } from './commands.ts';
import { applicationFailure, isExpected, isFailure, messageOf } from './failures.ts';
import { now } from './journal.ts';
import { platformWait } from './platform-wait.ts';
import type { Run } from './run.ts';

const firstPauseSeconds = 1;
const maxPauseSeconds = 60;

/**
 * Reads what a run must know before it does anything. Where nobody answers, or the request `waits` and the catalog
 * cannot be read, the run says so and goes on by itself. Throws `InvalidInput` for a name that the catalog does not
 * have, and what no repeat mends.
 */
export async function resolveEntry(
  { record, standstill }: Pick<Run, 'record' | 'standstill'>,
  request: ResolveRequest,
): Promise<Resolution> {
  const since = now();
  const pause = growingPauses(firstPauseSeconds, maxPauseSeconds);
  for (;;) {
    try {
      const found = await lookups.resolve(request);
      if (record.status.waitingFor) record.wait(null);
      return found;
    } catch (error) {
      if (!standstill.isSaid || !isExpected(error) || isCancellation(error) || isFinal(error)) throw error;
      const what = `the catalog, which cannot be read: ${messageOf(error)}`;
      if (!record.status.waitingFor) record.note(`waits for ${what}`);
      record.wait(platformWait(what, since, [slipwayCommand('status', {})]));
      await sleep(`${pause()} seconds`, { summary: 'read the catalog again' });
    }
  }
}

function isFinal(error: unknown): boolean {
  return applicationFailure(error)?.nonRetryable === true && !isFailure(error, catalogUnreadType);
}
