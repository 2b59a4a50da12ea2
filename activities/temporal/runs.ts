import { WorkflowNotFoundError, WorkflowUpdateFailedError, type Client } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { refusedType } from '../../contract/failures.ts';
import type { Runs } from '../ports/index.ts';

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
  };
}
