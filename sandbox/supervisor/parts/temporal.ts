import { Client, credentials } from '@grpc/grpc-js';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { searchAttributeNames } from '../../../contract/search-attributes.ts';
import type { ChildSpec } from '../child.ts';
import type { Ports } from '../ports.ts';

export const temporalNamespace = 'default';

/**
 * Dynamic configuration. The poll rates are limits for each shard, and a workflow lives in one: with the default of
 * 20 a second every step of a run waits for the next 50 ms once a burst is used up. Eager execution hands an activity
 * to the worker that scheduled it.
 */
const dynamicConfig = {
  'history.transferProcessorMaxPollRPS': 2000,
  'history.timerProcessorMaxPollRPS': 2000,
  'system.enableActivityEagerExecution': true,
};

/** A write-ahead log: what was acknowledged survives a SIGKILL, without a disk flush for every task. */
const pragmas = ['journal_mode=wal', 'synchronous=normal'];

const askWithinMs = 1_000;
const service = 'temporal.api.workflowservice.v1.WorkflowService';
/** grpc.health.v1.HealthCheckRequest {service}, and HealthCheckResponse {status: SERVING}. */
const request = Buffer.concat([Buffer.from([0x0a, service.length]), Buffer.from(service)]);
const serving = Buffer.from([0x08, 0x01]);

/** Tells whether the frontend at host:port says that it serves. */
export const temporalAnswers = (address: string): Promise<boolean> => {
  const client = new Client(address, credentials.createInsecure());
  const method = '/grpc.health.v1.Health/Check';
  return new Promise<boolean>((resolve) => {
    const same = (bytes: Buffer): Buffer => bytes;
    const options = { deadline: Date.now() + askWithinMs };
    client.makeUnaryRequest(method, same, same, request, options, (error, answer) =>
      resolve(!error && answer?.equals(serving) === true),
    );
  }).finally(() => client.close());
};

/** Leaves out the user's own Temporal profile and variables: they are for clients, not for this server. */
const withoutTemporalVariables = (): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('TEMPORAL_')));

const repeated = (flag: string, values: string[]): string[] => values.flatMap((value) => [flag, value]);

/** Describes the Temporal dev server on a database file, with its UI. */
export const temporalSpec = async (program: string, dir: string, logs: string, ports: Ports): Promise<ChildSpec> => {
  const folder = join(dir, 'temporal');
  await mkdir(folder, { recursive: true });
  const listen = ['--ip', '127.0.0.1', '--port', `${ports.temporal}`, '--ui-port', `${ports.temporalUi}`];
  const others = ['--http-port', `${ports.temporalHttp}`, '--metrics-port', `${ports.temporalMetrics}`];
  const settings = Object.entries(dynamicConfig).map(([key, value]) => `${key}=${value}`);
  return {
    name: 'Temporal',
    command: program,
    args: [
      ...['server', 'start-dev', '--log-level', 'error', '--db-filename', join(folder, 'temporal.db')],
      ...listen,
      ...others,
      ...repeated('--sqlite-pragma', pragmas),
      ...repeated('--dynamic-config-value', settings),
      ...repeated(
        '--search-attribute',
        searchAttributeNames.map((key) => `${key}=Keyword`),
      ),
    ],
    env: withoutTemporalVariables(),
    stopSignal: 'SIGTERM',
    log: join(logs, 'temporal.log'),
    answers: () => temporalAnswers(`127.0.0.1:${ports.temporal}`),
  };
};
