import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import type { EnvironmentStatus } from '../../contract/environment.ts';
import { environmentWorkflowId } from '../../contract/ids.ts';
import { queryNames } from '../../contract/message-names.ts';
import type { EnvironmentName } from './environment-name.ts';
import { memoOf } from './run-report.ts';
import { queryRun } from './runs.ts';

/** Describes an environment: from its own query, or else from its memo. The memo has no queue, holds or ledger. */
export type EnvironmentReport = (EnvironmentStatus & { stale: false }) | StaleEnvironment;

/** Describes an environment as its memo does, while no worker answers. */
export interface StaleEnvironment extends EnvironmentName {
  stale: true;
  /** When this was last known to be true; null when it has not said anything yet. */
  asOf: string | null;
  phase: string;
  waitingFor: string;
  next: string;
}

/** Reports an environment; null when nothing has happened in it yet. */
export async function reportEnvironment(client: Client, name: EnvironmentName): Promise<EnvironmentReport | null> {
  const workflowId = environmentWorkflowId(name.service, name.environment);
  try {
    const answer = await queryRun<EnvironmentStatus>(client, workflowId, queryNames.status);
    if (answer) return { ...answer, stale: false };
    const memo = memoOf((await client.workflow.getHandle(workflowId).describe()).memo);
    return {
      ...name,
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
