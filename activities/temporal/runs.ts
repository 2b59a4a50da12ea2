import {
  QueryNotRegisteredError,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  type Client,
} from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { leaseQuery } from '../../contract/bells.ts';
import { isEarly } from '../../contract/early-query.ts';
import { refusedType } from '../../contract/failures.ts';
import { queryNames } from '../../contract/messages.ts';
import type { ChangeStatus } from '../../contract/status.ts';
import type { Runs } from '../ports/index.ts';

/** Limit for asking a run that has just rung: its worker lives, so it answers at once. */
const answerWithinMs = 4_000;

/** Other runs over the worker's own client. */
export function createTemporalRuns(client: Client): Runs {
  return {
    async send(workflowId, name, payload, updateId) {
      try {
        const answer = await client.workflow
          .getHandle(workflowId)
          .executeUpdate<unknown, [unknown]>(name, { args: [payload], updateId });
        return { answer: typeof answer === 'string' ? answer : `${name}: accepted` };
      } catch (error) {
        if (error instanceof WorkflowNotFoundError) return { refused: `${workflowId} has ended already` };
        const cause = error instanceof WorkflowUpdateFailedError ? error.cause : undefined;
        if (cause instanceof ApplicationFailure && cause.type === refusedType) return { refused: cause.message };
        throw error;
      }
    },

    typeOf: async (workflowId, runId) => (await client.workflow.getHandle(workflowId, runId).describe()).type,

    describe: (workflowId) =>
      soonOrNull(async () => {
        const { runId, status, type, taskQueue, raw } = await client.workflow.getHandle(workflowId).describe();
        const firstExecutionRunId = raw.workflowExecutionInfo?.firstRunId ?? '';
        return { runId, firstExecutionRunId, isOpen: status.name === 'RUNNING', type, taskQueue };
      }),

    leaseOf: (workflowId, runId) =>
      soon(async () => {
        const handle = client.workflow.getHandle(workflowId, runId);
        const [lease, about] = await Promise.all([
          orUndefined(handle.query<unknown>(leaseQuery)),
          orUndefined(handle.query<Partial<ChangeStatus>>(queryNames.status)),
        ]);
        return { service: about?.service, environment: about?.environment, lease };
      }),

    statusOf: (workflowId) =>
      soonOrNull(() => client.workflow.getHandle(workflowId).query<ChangeStatus>(queryNames.status)),
  };

  function soon<T>(ask: () => Promise<T>): Promise<T> {
    return client.withDeadline(Date.now() + answerWithinMs, ask);
  }

  async function soonOrNull<T>(ask: () => Promise<T>): Promise<T | null> {
    try {
      return await soon(ask);
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return null;
      throw error;
    }
  }
}

/** The answer to a query, or undefined where the run does not know it. */
async function orUndefined<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof QueryNotRegisteredError && !isEarly(error)) return undefined;
    throw error;
  }
}
