import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { Client, WorkflowHandle } from '@temporalio/client';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { Worker, type WorkerOptions } from '@temporalio/worker';
import { createActivities } from '../../activities/index.ts';
import { createTemporalEnvironments } from '../../activities/temporal/environments.ts';
import { createTemporalRuns } from '../../activities/temporal/runs.ts';
import type { EnvironmentStatus } from '../../contract/environment.ts';
import { environmentWorkflowId } from '../../contract/ids.ts';
import { messageNames, queryNames, type DecideAction } from '../../contract/messages.ts';
import type { ChangeResult, ChangeStatus } from '../../contract/status.ts';
import { payloadConverterPath, workflowBundle } from '../../worker/bundle.ts';
import { eventually } from '../until.ts';
import { owner, testInstallation, type World } from './world.ts';

export { failureOf } from '../failure-of.ts';

export type ChangeHandle = WorkflowHandle<(input: unknown) => Promise<ChangeResult>>;

/** Starts a run, under an id of the test's own where it has one, and with a message that comes with the start. */
export type Start = (
  type: string,
  input: unknown,
  workflowId?: string,
  message?: { signal: string; signalArgs: [object] },
) => Promise<ChangeHandle>;

/** Stops the worker in the midst of its work, and lets another one go on; nobody works in the time between. */
export type ReplaceWorker = (between?: () => Promise<void>) => Promise<void>;

export interface Harness {
  client: Client;
  /** Runs a situation with a worker over this world's ports, on a task queue of its own, and stops the worker. */
  with(world: World, situation: (start: Start, replaceWorker: ReplaceWorker) => Promise<void>): Promise<void>;
  /** The environment of a world's service: `staging`. */
  environment(world: World): WorkflowHandle;
  environmentStatus(world: World): Promise<EnvironmentStatus>;
  /** Sends a message of an operator to that environment. */
  tell<Name extends keyof OperatorMessages>(
    world: World,
    name: Name,
    payload: OperatorMessages[Name] & Record<string, unknown>,
  ): Promise<unknown>;
  /** Waits until the status of that environment is as expected, and answers it. */
  untilEnvironment(world: World, predicate: (status: EnvironmentStatus) => boolean): Promise<EnvironmentStatus>;
}

/** What each message of an operator has to say, besides who sends it. */
interface OperatorMessages extends Record<'freeze' | 'unfreeze' | 'breakLock' | 'lift' | 'adopt', { reason: string }> {
  decide: { action: DecideAction };
}

/** A worker over fakes against a real Temporal server: a fresh task queue a situation. */
export async function createHarness(
  environment: TestWorkflowEnvironment,
  options: Partial<WorkerOptions> = {},
): Promise<Harness> {
  const codePath = await workflowBundle();
  const environmentOf = ({ service }: World) =>
    environment.client.workflow.getHandle(environmentWorkflowId(service, 'staging'));
  const environmentStatus = (world: World) => environmentOf(world).query<EnvironmentStatus>(queryNames.status);
  return {
    client: environment.client,
    environment: environmentOf,
    environmentStatus,
    tell: (world, name, payload) =>
      environmentOf(world).executeUpdate(messageNames[name], { args: [{ by: owner, ...payload }] }),
    untilEnvironment: (world, predicate) => untilStatus(() => environmentStatus(world), predicate, 10_000),
    async with(world, situation) {
      const taskQueue = `test-${randomUUID()}`;
      world.taskQueue = taskQueue;
      const { address, client, nativeConnection } = environment;
      const service = await answeringService(world);
      world.url = service.url;
      world.live = { ...world.live, url: service.url };
      const connection = {
        address,
        namespace: 'default',
        ui: undefined,
        knownSearchAttributes: async () => [],
        installation: async () => testInstallation,
      };
      const newWorker = () =>
        Worker.create({
          connection: nativeConnection,
          taskQueue,
          workflowBundle: { codePath },
          dataConverter: { payloadConverterPath },
          activities: createActivities({
            ...world.ports(connection, createTemporalEnvironments(client, taskQueue)),
            runs: world.otherRuns ?? createTemporalRuns(client),
          }),
          // Workflows run in this thread: a thread of their own for each situation costs more than all that they do.
          debugMode: true,
          maxHeartbeatThrottleInterval: '200 milliseconds',
          shutdownForceTime: '1 second',
          ...options,
        });
      let running = runWorker(await newWorker());
      const replaceWorker: ReplaceWorker = async (between) => {
        await running.stop();
        await between?.();
        running = runWorker(await newWorker());
      };
      const start: Start = async (type, input, workflowId = `${type}-${randomUUID()}`, message) => {
        const options = { taskQueue, workflowId, args: [input] as [unknown] };
        const started = message
          ? client.workflow.signalWithStart(type, { ...options, ...message })
          : client.workflow.start(type, options);
        return started as Promise<ChangeHandle>;
      };
      try {
        await Promise.race([situation(start, replaceWorker), running.failed]);
        await running.stop();
      } finally {
        await running.stop().catch(() => undefined);
        service.close();
      }
    },
  };
}

/** Runs a worker until it is stopped. `failed` is rejected if it ends by itself. */
function runWorker(worker: Worker): { failed: Promise<never>; stop: () => Promise<void> } {
  let isStopping = false;
  const ended = worker.run();
  const failed = ended.then(
    () => new Promise<never>(() => undefined),
    (error: unknown) => (isStopping ? new Promise<never>(() => undefined) : Promise.reject(error as Error)),
  );
  failed.catch(() => undefined);
  return {
    failed,
    stop: async () => {
      if (!isStopping) worker.shutdown();
      isStopping = true;
      await ended.catch((error: unknown) => {
        // The SDK's native part may still hold a reference when a worker is forced to stop; it works no more then.
        if (!(error instanceof Error && error.message.includes('Worker still in use'))) throw error;
      });
    },
  };
}

/** Waits until the query `status` answers what is asked for. */
export async function until(
  handle: ChangeHandle,
  predicate: (status: ChangeStatus) => boolean,
  timeoutMs = 20_000,
): Promise<ChangeStatus> {
  return untilStatus(() => handle.query<ChangeStatus>(queryNames.status), predicate, timeoutMs);
}

async function untilStatus<Status>(
  query: () => Promise<Status>,
  predicate: (status: Status) => boolean,
  timeoutMs: number,
): Promise<Status> {
  let status: Status | undefined;
  const look = async () => {
    status = await query();
    return predicate(status) && status;
  };
  return eventually(() => `status never was as expected: ${JSON.stringify(status, null, 1)}`, look, timeoutMs, 30);
}

/** Answers whatever is asked; has a switch at /writes, and refuses what writes while it is thrown. */
async function answeringService(world: World): Promise<{ url: string; close: () => void }> {
  const server = createServer((request, response) => {
    void text(request).then(async (body) => {
      const { method = '', url = '' } = request;
      await world.answer(`${method} ${url}`, undefined);
      world.asked.push([method, url, body].filter((part) => part !== '').join(' '));
      const isSwitch = url === '/writes';
      if (isSwitch && world.switchIsBroken) return void response.writeHead(503).end('{}');
      if (isSwitch && method === 'PUT') world.writesFrozen = (JSON.parse(body) as { frozen: boolean }).frozen;
      if (!isSwitch && method === 'POST' && world.writesFrozen)
        return void response.writeHead(503).end('{"error":"writes are frozen"}');
      const more = world.says && { says: world.says() };
      response.end(JSON.stringify({ ...(isSwitch ? { frozen: world.writesFrozen } : { id: 'run-1' }), ...more }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close: () => server.close() };
}
