import { randomUUID } from 'node:crypto';
import { WithStartWorkflowOperation, type Client } from '@temporalio/client';
import { environmentWorkflowId, taskQueue } from '../../contract/ids.ts';
import { CommandError } from '../cli/command-error.ts';
import { isUnanswered } from '../cli/service-errors.ts';
import { workflowTypes } from '../../contract/workflow-types.ts';

/** How long a message may take to be judged; a signature or a platform look-up in the handler needs some seconds. */
export const messageTimeoutMs = 15_000;

export interface SendOptions {
  timeoutMs?: number;
  /** Leaves the message with the server instead of waiting for a worker's answer. */
  asSignal?: boolean;
}

/** What a person's message came to: judged by the run, or left for it. */
export type Sent = { delivered: 'answered'; answer: unknown } | { delivered: 'signalled' };

/** Sends a message by update and waits, at most so long, for the answer. A refusal is thrown with its reason. */
export async function sendMessage(
  client: Client,
  workflowId: string,
  name: string,
  payload: object,
  options: SendOptions = {},
): Promise<Sent> {
  const handle = client.workflow.getHandle(workflowId);
  if (options.asSignal === true) {
    await handle.signal(name, payload);
    return { delivered: 'signalled' };
  }
  return bounded(client, name, options, async () =>
    handle.executeUpdate(name, { args: [payload], updateId: randomUUID() }),
  );
}

/** The same to an environment, whose workflow is started when this is the first that anybody wants of it. */
export async function sendToEnvironment(
  client: Client,
  place: { service: string; environment: string },
  name: string,
  payload: object,
  options: SendOptions = {},
): Promise<Sent> {
  const start = new WithStartWorkflowOperation(workflowTypes.environment, {
    workflowId: environmentWorkflowId(place.service, place.environment),
    args: [{ service: place.service, environment: place.environment }],
    taskQueue,
    workflowIdConflictPolicy: 'USE_EXISTING',
  });
  return bounded(client, name, options, async () =>
    client.workflow.executeUpdateWithStart(name, {
      args: [payload],
      updateId: randomUUID(),
      startWorkflowOperation: start,
    }),
  );
}

async function bounded(
  client: Client,
  name: string,
  { timeoutMs = messageTimeoutMs }: SendOptions,
  send: () => Promise<unknown>,
): Promise<Sent> {
  try {
    return { delivered: 'answered', answer: await client.withDeadline(Date.now() + timeoutMs, send) };
  } catch (error) {
    if (!isUnanswered(error)) throw error;
    throw CommandError.unreachable(
      `no worker answered ${name} within ${Math.round(timeoutMs / 1000)} s; whether it will count is not known`,
      [
        'is a worker running? ./slipway worker',
        'look before you repeat it: ./slipway status <run>',
        'leave it with the server until a worker is back: the same command with --signal',
      ],
    );
  }
}
