import { WorkflowFailedError, WorkflowUpdateFailedError, type Client } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { expect, it } from 'vitest';
import { Refused } from '../../client/api/errors.ts';
import { sendToEnvironment } from '../../client/api/messages.ts';

const name = { service: 'shop', environment: 'cluster' };
const unusable = 'environments.cluster: the variable CLUSTER is not set';

/** Temporal's client where an environment fails at its first message. */
function clientOf(type: string): Client {
  const failed = ApplicationFailure.create({ type, message: 'the workflow completed before the update' });
  const end = new WorkflowFailedError('failed', ApplicationFailure.create({ message: unusable }), 'IN_PROGRESS');
  return {
    withDeadline: async (_deadline: number, work: () => Promise<unknown>) => work(),
    workflow: {
      executeUpdateWithStart: () => Promise.reject(new WorkflowUpdateFailedError('update failed', failed)),
      getHandle: () => ({ result: () => Promise.reject(end) }),
    },
  } as unknown as Client;
}

it('says why an environment ended in place of an answer', async () => {
  const sent = sendToEnvironment(clientOf('AcceptedUpdateCompletedWorkflow'), name, 'freeze', {});
  await expect(sent).rejects.toThrow(`the environment could not begin: ${unusable}`);
  await expect(sent).rejects.toBeInstanceOf(Refused);
});

it('leaves a refusal as it is', async () => {
  await expect(sendToEnvironment(clientOf('Refused'), name, 'freeze', {})).rejects.toThrow('update failed');
});
