import { setTimeout as pause } from 'node:timers/promises';
import {
  WithStartWorkflowOperation,
  WorkflowFailedError,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  type Client,
  type WorkflowHandle,
} from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { bellNames, leaseQuery, type BellName, type CallerBell, type EnvironmentLease } from '../../contract/bells.ts';
import type { EnvironmentStatus, JoinAnswer } from '../../contract/environment.ts';
import { refusedType } from '../../contract/failures.ts';
import { environmentWorkflowId, taskQueue } from '../../contract/ids.ts';
import { queryNames } from '../../contract/messages.ts';
import type { Plan } from '../../contract/plan.ts';
import type { Environments } from '../ports/index.ts';

/** Pause between two looks at a run whose close may turn out to be a reset. */
const secondLookMs = 500;
/** Limit for a look at a run, below that of the activity. */
const lookWithinMs = 4_000;
/** Limit for asking a holder for its plan: its worker may be gone. */
const planWithinMs = 5_000;
/** Limit for a question to an environment, below that of the activity. */
const queryWithinMs = 10_000;
/** Limit for a bell, below that of the activity: a call that outlives its activity keeps a slot. */
const answerWithinMs = 40_000;

/** Environment workflows, started on this task queue by the first run that asks for them. */
export function createTemporalEnvironments(client: Client, queue: string = taskQueue): Environments {
  return {
    async statusOf(service, environment) {
      const status = await query<EnvironmentStatus>(service, environment, queryNames.status);
      return status?.isOpen ? status : null;
    },

    lease: (service, environment) => query<EnvironmentLease>(service, environment, leaseQuery),

    planOf: (workflowId) =>
      client
        .withDeadline(Date.now() + planWithinMs, () =>
          client.workflow.getHandle(workflowId).query<Plan | null>(queryNames.plan),
        )
        .catch(() => null),

    join: (service, environment, caller) => ring<JoinAnswer>(service, environment, bellNames.join, caller),

    leave: (service, environment, caller) =>
      ring<{ number: number } | null>(service, environment, bellNames.leave, caller),

    announceIncident: (service, environment, caller) =>
      ring<{ frozen: boolean }>(service, environment, bellNames.incident, caller),

    announceDrift: (service, environment, caller) =>
      ring<{ drifted: boolean }>(service, environment, bellNames.drift, caller),

    closed: closedFor,

    async follow(workflowId, firstExecutionRunId, progress, signal) {
      for (;;) {
        progress({ following: workflowId });
        const status = await closed(client.workflow.getHandle(workflowId, undefined, { firstExecutionRunId }), signal);
        const how = await closedFor(workflowId, firstExecutionRunId);
        signal.throwIfAborted();
        if (how !== null) return { status };
      }
    },
  };

  /** Asks an environment; null where there is none, or where it ended before it could ever answer. */
  async function query<Answer>(service: string, environment: string, name: string): Promise<Answer | null> {
    const handle = client.workflow.getHandle(environmentWorkflowId(service, environment));
    try {
      return await client.withDeadline(Date.now() + queryWithinMs, () => handle.query<Answer>(name));
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return null;
      // A run that was terminated before its first workflow task can never answer.
      const { status } = await handle.describe();
      if (status.name !== 'RUNNING') return null;
      throw error;
    }
  }

  /** Rings for an environment. A repeat without an update id is harmless: the handlers are idempotent by change. */
  async function ring<Answer>(
    service: string,
    environment: string,
    name: BellName,
    caller: CallerBell,
  ): Promise<Answer> {
    const startWorkflowOperation = new WithStartWorkflowOperation<(input: unknown) => Promise<never>>('environment', {
      workflowId: environmentWorkflowId(service, environment),
      taskQueue: queue,
      args: [{ service, environment }],
      workflowIdConflictPolicy: 'USE_EXISTING',
      staticSummary: `${service} in ${environment}: queue, holds, ledger`,
    });
    try {
      return await client.withDeadline(Date.now() + answerWithinMs, () =>
        client.workflow.executeUpdateWithStart<(input: unknown) => Promise<never>, Answer, [CallerBell]>(name, {
          startWorkflowOperation,
          args: [caller],
        }),
      );
    } catch (error) {
      const cause = error instanceof WorkflowUpdateFailedError ? error.cause : undefined;
      // The same bell would be refused again: a person should hear of it.
      if (cause instanceof ApplicationFailure && cause.type === refusedType)
        throw ApplicationFailure.nonRetryable(cause.message, refusedType);
      throw error;
    }
  }

  /**
   * Says how a run has closed, null while it is open. A reset closes a run and goes on under the same id: only when no
   * run of this chain is open at a second look, it has ended.
   */
  async function closedFor(workflowId: string, firstExecutionRunId: string): Promise<string | null> {
    const first = await look(workflowId, firstExecutionRunId);
    if (first === null) return null;
    await pause(secondLookMs);
    return look(workflowId, firstExecutionRunId);
  }

  async function look(workflowId: string, firstExecutionRunId: string): Promise<string | null> {
    try {
      const { status, raw } = await client.withDeadline(Date.now() + lookWithinMs, () =>
        client.workflow.getHandle(workflowId).describe(),
      );
      if (raw.workflowExecutionInfo?.firstRunId !== firstExecutionRunId) return 'another run has its id by now';
      return status.name === 'RUNNING' ? null : status.name.toLowerCase().replaceAll('_', ' ');
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return 'not found';
      throw error;
    }
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
