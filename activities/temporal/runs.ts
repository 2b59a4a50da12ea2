import {
  QueryNotRegisteredError,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  type Client,
} from '@temporalio/client';
import { ApplicationFailure, defaultPayloadConverter } from '@temporalio/common';
import { decodeArrayFromPayloads } from '@temporalio/common/lib/internal-non-workflow/index.js';
import type { temporal } from '@temporalio/proto';
import { leaseQuery } from '../../contract/bells.ts';
import { isEarly } from '../../contract/early-query.ts';
import { refusedType } from '../../contract/failures.ts';
import { queryNames } from '../../contract/messages.ts';
import type { ChangeStatus } from '../../contract/status.ts';
import type { Runs } from '../ports/index.ts';

/** Limit for asking a run that has just rung: its worker lives, so it answers at once. */
const answerWithinMs = 4_000;
/** Runs of one workflow id that are looked at; nobody starts as many under one id. */
const maxRunsOfAnId = 50;

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

    pendingActivities: (workflowId, runId) =>
      soon(async () => {
        const { raw } = await client.workflow.getHandle(workflowId, runId).describe();
        return (raw.pendingActivities ?? []).map(({ activityId, attempt, lastFailure, heartbeatDetails }) => {
          const [payload] = heartbeatDetails?.payloads ?? [];
          return {
            activityId: activityId ?? '',
            attempt: attempt ?? 1,
            failure: lastFailure ? messageOf(lastFailure) : null,
            heartbeat: payload ? defaultPayloadConverter.fromPayload(payload) : undefined,
          };
        });
      }),

    describe: (workflowId, run) =>
      soonOrNull(async () => {
        const { runId, status, type, taskQueue, raw } = await client.workflow.getHandle(workflowId, run).describe();
        const firstExecutionRunId = raw.workflowExecutionInfo?.firstRunId ?? '';
        return { runId, firstExecutionRunId, isOpen: status.name === 'RUNNING', type, taskQueue };
      }),

    async inputsOf(workflowId) {
      const query = `WorkflowId = '${workflowId.replaceAll(/['\\]/g, '\\$&')}'`;
      const runIds: string[] = [];
      for await (const { runId } of client.workflow.list({ query, pageSize: maxRunsOfAnId })) {
        runIds.push(runId);
        if (runIds.length === maxRunsOfAnId) break;
      }
      return Promise.all(runIds.map(async (runId) => ({ runId, input: await inputOf(workflowId, runId) })));
    },

    leaseOf: (workflowId, runId) =>
      soon(async () => {
        const handle = client.workflow.getHandle(workflowId, runId);
        const [lease, about] = await Promise.all([
          orUndefined(handle.query<unknown>(leaseQuery)),
          orUndefined(handle.query<Partial<ChangeStatus>>(queryNames.status)),
        ]);
        return { service: about?.service, environment: about?.environment, lease };
      }),

    statusOf: (workflowId, runId) =>
      soonOrNull(() => client.workflow.getHandle(workflowId, runId).query<ChangeStatus>(queryNames.status)),
  };

  /** Reads the first event of a run alone: what follows can be long. */
  async function inputOf(workflowId: string, runId: string): Promise<unknown> {
    const { namespace, loadedDataConverter } = client.options;
    const execution = { workflowId, runId };
    const request = { namespace, execution, maximumPageSize: 1 };
    const { history } = await client.connection.workflowService.getWorkflowExecutionHistory(request);
    const started = history?.events?.[0]?.workflowExecutionStartedEventAttributes;
    const [input] = await decodeArrayFromPayloads(loadedDataConverter, started?.input?.payloads);
    return input;
  }

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

/** The innermost reason of a failure, as the server keeps it. */
function messageOf({ message, cause }: temporal.api.failure.v1.IFailure): string {
  return cause?.message ? messageOf(cause) : (message ?? '');
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
