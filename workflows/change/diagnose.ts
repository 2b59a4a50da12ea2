import { CancellationScope, isCancellation, patched } from '@temporalio/workflow';
import { explaining } from '../run/activities.ts';
import { isDecided, isExpected, messageOf } from '../run/failures.ts';
import type { Parts } from './change.ts';

/**
 * Says in the status why a release probably failed, and what mends it. The environment is free by then, and whatever
 * becomes of it, the change ends as it would have ended.
 */
export async function explainFailure(
  { entry, plan, run, schema }: Parts<'entry' | 'plan' | 'run' | 'schema'>,
  error: unknown,
): Promise<void> {
  const since = run.record.status.steps.find(({ name }) => name === 'fence')?.startedAt;
  if (!since || isCancellation(error) || !isExpected(error) || isDecided(error)) return;
  if (!patched('diagnosis-of-failures')) return;
  const served = plan.content.live.serving.map(({ revision }) => revision);
  try {
    const request = { entry, message: messageOf(error), since, served, migration: schema.failed };
    const found = await CancellationScope.nonCancellable(() => explaining('why it failed').diagnose(request));
    run.record.diagnose(found);
  } catch (failure) {
    run.record.note(`nobody could find out why: ${messageOf(failure)}`);
  }
}
