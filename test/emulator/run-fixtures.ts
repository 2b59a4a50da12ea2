import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ExecutionsClient, JobsClient, RevisionsClient, ServicesClient, TasksClient } from '@google-cloud/run';
import type { protos } from '@google-cloud/run';
import { expect } from 'vitest';
import type { CloudProcess } from './cloud.ts';

/** Opens Google's own clients, connected to an emulator. */
export function runClients(cloud: CloudProcess) {
  const options = cloud.clientOptions();
  return {
    services: new ServicesClient(options),
    revisions: new RevisionsClient(options),
    jobs: new JobsClient(options),
    executions: new ExecutionsClient(options),
    tasks: new TasksClient(options),
  };
}

export type RunClients = ReturnType<typeof runClients>;

/**
 * Writes a service's program, which answers every request with its version. `/die` ends the process, `/slow` streams,
 * `/env` tells the variables, `/throw` writes a stack trace and a line to stderr.
 */
const serverSource = (version: string): string => `
const http = require('node:http');
console.log(JSON.stringify({ severity: 'INFO', message: 'starting', version: ${JSON.stringify(version)} }));
http.createServer((request, response) => {
  if (request.url === '/die') { console.error('going down'); process.exit(1); }
  if (request.url === '/throw') { console.error(new Error('lost')); console.error('after'); return response.end(); }
  if (request.url === '/env') return response.end(JSON.stringify(process.env));
  if (request.url === '/slow') { response.write('one '); setTimeout(() => response.end('two'), 300); return; }
  if (request.url === '/echo') return request.pipe(response);
  if (request.url.startsWith('/bad')) { response.statusCode = 500; return response.end('bad'); }
  response.end(${JSON.stringify(version)});
}).listen(process.env.PORT);
`;

/**
 * A job's program: prints, then exits with EXIT_CODE. It waits SLEEP_MS first; FAIL_ATTEMPTS makes the first attempts
 * fail.
 */
const jobSource = `
console.log('args ' + JSON.stringify(process.argv.slice(2)));
const { env } = process;
const [index, attempt, count] = ['INDEX', 'ATTEMPT', 'COUNT'].map((name) => env['CLOUD_RUN_TASK_' + name]);
console.log(JSON.stringify({ severity: 'WARNING', message: 'task', index, attempt, count, marker: env.MARKER }));
const failing = Number(attempt) < Number(env.FAIL_ATTEMPTS || 0);
setTimeout(() => process.exit(failing ? 3 : Number(env.EXIT_CODE || 0)), Number(env.SLEEP_MS || 0));
`;

const programs = {
  server: serverSource,
  exits: () => 'console.error("cannot start"); process.exit(1);',
  deaf: () => 'setInterval(() => undefined, 1000);',
};

const imageHost = 'us-central1-docker.pkg.dev/slipway-sandbox/test';

/** Registers an image with a program and gives its reference by digest. */
export async function addImage(
  cloud: CloudProcess,
  name: string,
  version: string,
  program: keyof typeof programs = 'server',
): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'slipway-image-'));
  try {
    writeFileSync(join(folder, 'Procfile'), 'web: node server.js\nmigrate: node job.js\n');
    writeFileSync(join(folder, 'server.js'), programs[program](version));
    writeFileSync(join(folder, 'job.js'), jobSource);
    const reference = `${imageHost}/${name}`;
    const image = await cloud.control('POST', 'images', { reference: `${reference}:${version}`, folder });
    return `${reference}@${(image as { digest: string }).digest}`;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

type TaskTemplate = protos.google.cloud.run.v2.ITaskTemplate;
type Service = protos.google.cloud.run.v2.IService;
type Template = protos.google.cloud.run.v2.IRevisionTemplate;

/** A start-up probe that gives up soon, for revisions that are to fail. */
const quickProbe = { periodSeconds: 1, timeoutSeconds: 1, failureThreshold: 1, tcpSocket: { port: 8080 } };

export function template(image: string, rest: Template = {}): Template {
  return { containers: [{ image, startupProbe: quickProbe }], ...rest };
}

export async function createService(
  clients: RunClients,
  cloud: CloudProcess,
  serviceId: string,
  service: Service,
): Promise<Service> {
  const [operation] = await clients.services.createService({ parent: cloud.parent, serviceId, service });
  const [created] = await operation.promise();
  return created;
}

/** Creates the job `job`, which runs the image's `migrate` process without retries, and gives its name. */
export async function createMigrationJob(
  clients: RunClients,
  cloud: CloudProcess,
  image: string,
  task: TaskTemplate = {},
  env: Record<string, string> = {},
): Promise<string> {
  const variables = Object.entries(env).map(([name, value]) => ({ name, value }));
  const containers = [{ image, command: ['migrate'], env: variables }];
  const [operation] = await clients.jobs.createJob({
    parent: cloud.parent,
    jobId: 'job',
    job: { template: { template: { maxRetries: 0, containers, ...task } } },
  });
  const [job] = await operation.promise();
  return String(job.name);
}

/** Waits until an execution has what is expected. */
export async function untilExecution(clients: RunClients, name: string, expected: object): Promise<void> {
  const read = async () => (await clients.executions.getExecution({ name }))[0];
  await expect.poll(read, { timeout: 6000 }).toMatchObject(expected);
}

/** Asks a service and gives the text of its answer. */
export async function ask(uri: string | null | undefined, path = ''): Promise<string> {
  return await (await fetch(`${uri}${path}`)).text();
}

/** Updates a service and waits for its operation; throws the operation's error. */
export async function updateService(clients: RunClients, service: Service, paths?: string[]): Promise<Service> {
  const [operation] = await clients.services.updateService({ service, ...(paths && { updateMask: { paths } }) });
  const [updated] = await operation.promise();
  return updated;
}

export const latest = (percent: number, tag = '') => ({
  type: 'TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST' as const,
  percent,
  tag,
});
export const to = (revision: string, percent: number, tag = '') => ({
  type: 'TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION' as const,
  revision,
  percent,
  tag,
});
