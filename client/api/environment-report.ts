import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import type { EnvironmentStatus } from '../../contract/environment.ts';
import { environmentWorkflowId } from '../../contract/ids.ts';
import { queryNames } from '../../contract/messages.ts';
import { memoOf } from './run-report.ts';
import { queryRun } from './runs.ts';
import type { Place } from './slipway-client.ts';

/**
 * What can be said of an environment now. Fresh from its own query, or else, marked stale, from its memo: then no
 * queue, no holds and no ledger.
 */
export type EnvironmentReport = (EnvironmentStatus & { stale: false }) | StaleEnvironment;

export interface StaleEnvironment extends Place {
  stale: true;
  /** When this was last known to be true; null when it has not said anything yet. */
  asOf: string | null;
  phase: string;
  waitingFor: string;
  next: string;
}

/** Null when nothing has happened in this environment yet. */
export async function reportEnvironment(client: Client, place: Place): Promise<EnvironmentReport | null> {
  const workflowId = environmentWorkflowId(place.service, place.environment);
  try {
    const answer = await queryRun<EnvironmentStatus>(client, workflowId, queryNames.status);
    if (answer) return { ...answer, stale: false };
    const memo = memoOf((await client.workflow.getHandle(workflowId).describe()).memo);
    return {
      ...place,
      stale: true,
      asOf: memo?.at ?? null,
      phase: memo?.phase ?? 'not begun',
      waitingFor: memo?.waitingFor ?? '',
      next: memo?.next ?? '',
    };
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return null;
    throw error;
  }
}
