import { WithStartWorkflowOperation, type Client, type WorkflowHandle } from '@temporalio/client';
import { WorkflowFailedError, WorkflowNotFoundError } from '@temporalio/client';
import type { EnvironmentStatus, JoinAnswer, LeaveRequest } from '../../contract/environment.ts';
import { environmentWorkflowId, taskQueue } from '../../contract/ids.ts';
import { internalNames, queryNames } from '../../contract/messages.ts';
import type { Plan } from '../../contract/plan.ts';
import type { Environments } from '../ports/index.ts';

/** Pause between two looks at a run whose close may turn out to be a reset. */
const secondLookMs = 500;
/** Who asks for a holder's plan does not wait for a holder whose worker is gone. */
const planWithinMs = 5_000;

/** Environment workflows, started on this task queue by the first run that asks for them. */
export function createTemporalEnvironments(client: Client, queue: string = taskQueue): Environments {
  return {
    async look(service, environment) {
      try {
        return await client.workflow
          .getHandle(environmentWorkflowId(service, environment))
          .query<EnvironmentStatus>(queryNames.status);
      } catch (error) {
        if (error instanceof WorkflowNotFoundError) return null;
        throw error;
      }
    },

    planOf: (workflowId) =>
      client
        .withDeadline(Date.now() + planWithinMs, () =>
          client.workflow.getHandle(workflowId).query<Plan | null>(queryNames.plan),
        )
        .catch(() => null),

    join: (service, environment, request) => update<JoinAnswer>(service, environment, internalNames.join, request),

    leave: (service, environment, request: LeaveRequest) =>
      update<{ number: number } | null>(service, environment, internalNames.leave, request),

    async follow(workflowId, firstExecutionRunId, progress, signal) {
      for (;;) {
        progress({ following: workflowId });
        const status = await closed(client.workflow.getHandle(workflowId, undefined, { firstExecutionRunId }), signal);
        // A reset closes a run and goes on under the same id: only when no run of this chain is open any more, it has
        // ended.
        await new Promise((resolve) => setTimeout(resolve, secondLookMs));
        signal.throwIfAborted();
        if (!(await goesOn(workflowId, firstExecutionRunId))) return { status };
      }
    },
  };

  /** Handlers are idempotent by change, so a repeat without an update id is harmless, also after a continue-as-new. */
  async function update<Answer>(service: string, environment: string, name: string, request: unknown): Promise<Answer> {
    const startWorkflowOperation = new WithStartWorkflowOperation<(input: unknown) => Promise<never>>('environment', {
      workflowId: environmentWorkflowId(service, environment),
      taskQueue: queue,
      args: [{ service, environment }],
      workflowIdConflictPolicy: 'USE_EXISTING',
      staticSummary: `${service} in ${environment}: queue, holds, ledger`,
    });
    return client.workflow.executeUpdateWithStart<(input: unknown) => Promise<never>, Answer, [unknown]>(name, {
      startWorkflowOperation,
      args: [request],
    });
  }

  async function goesOn(workflowId: string, firstExecutionRunId: string): Promise<boolean> {
    const { status, raw } = await client.workflow.getHandle(workflowId).describe();
    return status.name === 'RUNNING' && raw.workflowExecutionInfo?.firstRunId === firstExecutionRunId;
  }
}

async function closed(handle: WorkflowHandle, signal: AbortSignal): Promise<string> {
  const given = new Promise<never>((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
  try {
    await Promise.race([handle.result(), given]);
    return 'completed';
  } catch (error) {
    if (error instanceof WorkflowFailedError) return error.cause?.name ?? 'failed';
    if (error instanceof WorkflowNotFoundError) return 'not found';
    throw error;
  }
}
