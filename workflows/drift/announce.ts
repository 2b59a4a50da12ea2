import { isCancellation, workflowInfo } from '@temporalio/workflow';
import { announcing } from '../run/activities.ts';
import { isExpected, messageOf } from '../run/failures.ts';

/** Tells the environment; answers why that was not possible. A check is not worth less by it. */
export async function announceDrift(place: { service: string; environment: string }): Promise<string | null> {
  const { workflowId, firstExecutionRunId } = workflowInfo();
  try {
    await announcing('tell the environment').announceDrift({ ...place, caller: { workflowId, firstExecutionRunId } });
    return null;
  } catch (error) {
    if (!isExpected(error) || isCancellation(error)) throw error;
    return messageOf(error);
  }
}
