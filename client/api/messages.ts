import { randomUUID } from 'node:crypto';
import { WithStartWorkflowOperation, WorkflowUpdateFailedError, type Client } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { environmentWorkflowId, taskQueue } from '../../contract/ids.ts';
import { workflowTypes } from '../../contract/workflow-types.ts';
import type { EnvironmentName } from './environment-name.ts';
import { Refused, Unanswered } from './errors.ts';
import { endOfError } from './run-report.ts';
import { silenceOf } from './task-queue.ts';
import { isUnanswered } from './temporal-errors.ts';

/** Limits how long a handler may take: a signature or a look at the platform needs some seconds. */
const messageTimeoutMs = 15_000;

export interface SendOptions {
  timeoutMs?: number;
  /** Leaves the message with the server instead of waiting for a worker's answer. */
  asSignal?: boolean;
}

/** Tells how a message was delivered: the run answered it, or the server keeps it for the run. */
export type Sent = { delivered: 'answered'; answer: unknown } | { delivered: 'signalled' };

/** Sends a message to a run and waits for the answer. Throws Unanswered, or Temporal's own error. */
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
  return sendWithDeadline(client, name, options, async () =>
    handle.executeUpdate(name, { args: [payload], updateId: randomUUID() }),
  );
}

/** Sends a message to an environment, and starts its workflow when this is the first message to it. */
export async function sendToEnvironment(
  client: Client,
  { service, environment }: EnvironmentName,
  name: string,
  payload: object,
  options: SendOptions = {},
): Promise<Sent> {
  const run = {
    workflowId: environmentWorkflowId(service, environment),
    args: [{ service, environment }],
    taskQueue,
    workflowIdConflictPolicy: 'USE_EXISTING' as const,
  };
  if (options.asSignal === true) {
    await client.workflow.signalWithStart(workflowTypes.environment, { ...run, signal: name, signalArgs: [payload] });
    return { delivered: 'signalled' };
  }
  const start = new WithStartWorkflowOperation(workflowTypes.environment, run);
  return sendWithDeadline(client, name, options, async () =>
    client.workflow.executeUpdateWithStart(name, {
      args: [payload],
      updateId: randomUUID(),
      startWorkflowOperation: start,
    }),
  ).catch(async (error: unknown) => {
    throw (await whyItEnded(client, run.workflowId, error)) ?? error;
  });
}

/** Says why an environment ended in place of an answer: its catalog entry cannot be used. Undefined if it did not. */
async function whyItEnded(client: Client, workflowId: string, error: unknown): Promise<Refused | undefined> {
  if (!(error instanceof WorkflowUpdateFailedError) || !(error.cause instanceof ApplicationFailure)) return undefined;
  // Platform: Temporal, updates of a workflow that completes before they do.
  if (error.cause.type !== 'AcceptedUpdateCompletedWorkflow') return undefined;
  const end: unknown = await client.workflow
    .getHandle(workflowId)
    .result()
    .catch((reason: unknown) => reason);
  const { message } = endOfError(end);
  return new Refused(`the environment could not begin: ${message}`, error);
}

async function sendWithDeadline(
  client: Client,
  name: string,
  { timeoutMs = messageTimeoutMs }: SendOptions,
  send: () => Promise<unknown>,
): Promise<Sent> {
  try {
    return { delivered: 'answered', answer: await client.withDeadline(Date.now() + timeoutMs, send) };
  } catch (error) {
    throw isUnanswered(error) ? new Unanswered(name, timeoutMs, await silenceOf(client), error) : error;
  }
}
