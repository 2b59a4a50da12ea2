import { allHandlersFinished, condition, isCancellation, CancellationScope } from '@temporalio/workflow';
import { applicationFailure, ending, isOutcome, messageOf } from './failures.ts';
import type { RunRecord } from './record.ts';

interface Conclusion {
  /** What is said of a run that was cancelled: what it leaves. */
  cancelled: () => string;
  /** Whether all that it had to tell others was told. */
  settled?: () => boolean;
}

/**
 * Runs a story and says how it ended: the failure's type is the outcome, so that the list tells the truth. All
 * handlers finish first.
 */
export async function concluded<Result extends { outcome: string }>(
  record: RunRecord,
  story: () => Promise<Result>,
  { cancelled, settled = () => true }: Conclusion,
): Promise<Result> {
  try {
    const result = await story();
    record.conclude('done', result.outcome);
    return result;
  } catch (error) {
    throw ended(record, error, cancelled);
  } finally {
    await CancellationScope.nonCancellable(() => condition(() => allHandlersFinished() && settled()));
  }
}

function ended(record: RunRecord, error: unknown, cancelled: () => string): unknown {
  if (isCancellation(error)) {
    record.conclude('cancelled', cancelled());
    return error;
  }
  // An outcome decided in an activity arrives in an envelope; the list shows the outermost type.
  const known = isOutcome(error) ? applicationFailure(error) : undefined;
  const failure = known ?? ending('Aborted', messageOf(error), error);
  record.conclude('failed', `${failure.type ?? ''}: ${failure.message}`);
  return failure;
}
