import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { defineSearchAttributeKey } from '@temporalio/common';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { bundleWorkflowCode, DefaultLogger, Worker, type WorkflowBundleWithSourceMap } from '@temporalio/worker';
import { taskQueue } from '../../contract/ids.ts';
import { searchAttributeNames } from '../../contract/search-attributes.ts';
import { obtain } from '../../sandbox/servers/obtain.ts';
import { temporalCli } from '../../sandbox/servers/temporal.ts';
import { planHashes } from './plan-hashes.ts';
import { logErrorsOnly } from '../temporal-server.ts';
import { ranOf, spawnSlipway, type Ran } from './run-slipway.ts';

export interface StubServer {
  address: string;
  environment: TestWorkflowEnvironment;
  /** Runs `./slipway` with these words as a process of its own, in a pipe. */
  slipway(...words: string[]): Promise<Ran>;
  /** The same, while it goes on: `said` is fulfilled once its output has a text. */
  launch(...words: string[]): { said(text: string): Promise<void>; ended: Promise<Ran> };
  /** The same with further variables. */
  with(variables: Record<string, string>): Pick<StubServer, 'slipway'>;
  /** The same with `--json`, parsed. */
  json(...words: string[]): Promise<unknown>;
  /** Does something while a worker answers. */
  working<T>(situation: () => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/** A real Temporal server with the stub workflows; a worker only while a test wants one. */
export async function startStubServer(): Promise<StubServer> {
  logErrorsOnly();
  const path = await obtain(temporalCli, () => undefined);
  const searchAttributes = searchAttributeNames.map((name) => defineSearchAttributeKey(name, 'KEYWORD'));
  const environment = await TestWorkflowEnvironment.createLocal({
    server: { executable: { type: 'existing-path', path }, searchAttributes },
  });
  const workflowBundle = await bundleWorkflowCode({
    workflowsPath: fileURLToPath(new URL('./stub-workflows.ts', import.meta.url)),
    logger: new DefaultLogger('WARN'),
  });
  const variables = { TEMPORAL_ADDRESS: environment.address };
  const slipway = async (...words: string[]): Promise<Ran> => ranOf(await spawnSlipway(words, variables));
  return {
    address: environment.address,
    environment,
    slipway,
    launch: (...words) => launched(spawnSlipway(words, variables)),
    with: (further) => ({
      slipway: async (...words) => ranOf(await spawnSlipway(words, { ...variables, ...further })),
    }),
    json: async (...words) => JSON.parse((await slipway(...words, '--json')).stdout) as unknown,
    working: async (situation) => (await createWorker(environment, workflowBundle)).runUntil(situation()),
    close: async () => environment.teardown(),
  };
}

async function createWorker(
  environment: TestWorkflowEnvironment,
  workflowBundle: WorkflowBundleWithSourceMap,
): Promise<Worker> {
  return Worker.create({
    connection: environment.nativeConnection,
    taskQueue,
    workflowBundle,
    dataConverter: { payloadCodecs: [planHashes] },
    shutdownForceTime: '1 second',
  });
}

function launched(process: ReturnType<typeof spawnSlipway>): ReturnType<StubServer['launch']> {
  let output = '';
  process.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  return {
    ended: process.then(ranOf),
    said: async (text) => {
      while (!output.includes(text)) await once(process.stdout, 'data');
    },
  };
}
