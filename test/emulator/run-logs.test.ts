import { Logging } from '@google-cloud/logging';
import { expect, it } from 'vitest';
import { filterOf } from '../../activities/google/logging.ts';
import type { CloudProcess } from './cloud.ts';
import type { RunClients } from './run-fixtures.ts';
import { addImage, createService, latest, runClients, template, updateService } from './run-fixtures.ts';
import { withCloud } from './stage.ts';

let cloud: CloudProcess;
let clients: RunClients;
let logging: Logging;

withCloud((started) => {
  cloud = started;
  clients = runClients(cloud);
  logging = new Logging({ ...cloud.clientOptions() });
});

/** Entries oldest first, once there are as many as expected. */
async function entries(filter: string, count: number) {
  const read = async () => (await logging.getEntries({ filter, orderBy: 'timestamp asc', autoPaginate: false }))[0];
  await expect.poll(async () => (await read()).length).toBeGreaterThanOrEqual(count);
  return await read();
}

it('keeps a revision’s output, requests, end and failure', async () => {
  const image = await addImage(cloud, 'web', 'v1');
  const exits = await addImage(cloud, 'web', 'exits', 'exits');
  const { uri, name } = await createService(clients, cloud, 'web', {
    template: template(image, { revision: 'web-a' }),
  });
  await fetch(`${uri}/bad?q=1`, {
    headers: { 'user-agent': 'smoke', traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01` },
  });
  await fetch(`${uri}/die`).catch(() => undefined);
  await expect(
    updateService(clients, { name, template: template(exits, { revision: 'web-b' }) }, ['template']),
  ).rejects.toThrow();

  const [request] = await entries(
    'resource.type="cloud_run_revision" log_id("run.googleapis.com/requests") httpRequest.status=500 ' +
      'resource.labels.revision_name="web-a"',
    1,
  );
  expect(request?.metadata).toMatchObject({
    severity: 'ERROR',
    trace: `projects/${cloud.project}/traces/${'a'.repeat(32)}`,
    httpRequest: {
      requestMethod: 'GET',
      requestUrl: `${uri}/bad?q=1`,
      status: 500,
      userAgent: 'smoke',
      remoteIp: '127.0.0.1',
    },
    resource: {
      type: 'cloud_run_revision',
      labels: {
        project_id: cloud.project,
        service_name: 'web',
        revision_name: 'web-a',
        configuration_name: 'web',
        location: cloud.region,
      },
    },
  });
  const [line] = await entries('log_id("run.googleapis.com/stdout") jsonPayload.version="v1"', 1);
  expect(line).toMatchObject({ data: { message: 'starting', version: 'v1' }, metadata: { severity: 'INFO' } });
  const [text] = await entries('log_id("run.googleapis.com/stderr") resource.labels.revision_name="web-a"', 1);
  expect(text?.data).toBe('going down');
  const [end, probe] = await entries(
    'log_id("run.googleapis.com/varlog/system") resource.labels.revision_name="web-b"',
    2,
  );
  expect(end).toMatchObject({ data: 'Container called exit(1).', metadata: { severity: 'WARNING' } });
  expect(probe).toMatchObject({
    data: expect.stringMatching(/^STARTUP TCP probe failed 1 time consecutively for container "web-1" on port 8080\./),
    metadata: { severity: 'ERROR' },
  });
  await entries(
    'log_id("cloudaudit.googleapis.com/system_event") severity>=ERROR ' +
      '"Ready condition status changed to False for Revision web-b"',
    1,
  );
});

it('labels a task’s output with its execution, index and attempt', async () => {
  const image = await addImage(cloud, 'job', 'v1');
  const [created] = await clients.jobs.createJob({
    parent: cloud.parent,
    jobId: 'job',
    job: {
      template: {
        template: {
          maxRetries: 1,
          containers: [
            { image, command: ['migrate'], args: ['one two'], env: [{ name: 'FAIL_ATTEMPTS', value: '1' }] },
          ],
        },
      },
    },
  });
  await created.promise();
  const [operation] = await clients.jobs.runJob({ name: `${cloud.parent}/jobs/job` });
  const [execution] = await operation.promise();
  const id = String(execution.name).split('/').at(-1);
  const found = await entries(
    `resource.type="cloud_run_job" resource.labels.job_name="job" labels."run.googleapis.com/execution_name"="${id}"`,
    6,
  );
  expect(
    found.map((entry) => [
      entry.metadata.labels?.['run.googleapis.com/task_attempt'],
      entry.metadata.logName?.split('%2F').at(-1),
      typeof entry.data === 'string' ? entry.data : entry.data.attempt,
    ]),
  ).toEqual([
    ['0', 'stdout', 'args ["one two"]'],
    ['0', 'stdout', '0'],
    ['0', 'system', 'Container called exit(3).'],
    ['1', 'stdout', 'args ["one two"]'],
    ['1', 'stdout', '1'],
    ['1', 'system', 'Container called exit(0).'],
  ]);
});

it('answers a path that Google keeps for itself without the service and without an entry', async () => {
  const { uri, trafficStatuses } = await createService(clients, cloud, 'kept', {
    template: template(await addImage(cloud, 'web', 'v1'), { revision: 'kept-a' }),
    traffic: [latest(100), latest(0, 'tagged')],
  });
  const tagged = trafficStatuses?.find(({ tag }) => tag === 'tagged')?.uri;
  expect(tagged).toMatch(/^http/);
  const statuses = new Map<string, number>();
  for (const address of [uri, tagged])
    for (const path of ['/healthz', '/healthz?deep=1', '/eventlog', '/_ah/start', '/healthz/', '/readyz', '/end'])
      statuses.set(path, (await fetch(`${address}${path}`)).status);
  expect(Object.fromEntries(statuses)).toEqual({
    ...{ '/healthz': 404, '/healthz?deep=1': 404, '/eventlog': 404, '/_ah/start': 404 },
    ...{ '/healthz/': 200, '/readyz': 200, '/end': 200 },
  });
  const logged = await entries('log_id("run.googleapis.com/requests") resource.labels.service_name="kept"', 6);
  expect(logged.map(({ metadata }) => new URL(metadata.httpRequest?.requestUrl ?? '').pathname).sort()).toEqual(
    ['/healthz/', '/readyz', '/end'].flatMap((path) => [path, path]).sort(),
  );
});

it('keeps a stack trace as one error, where the platform does', async () => {
  const image = await addImage(cloud, 'traces', 'v1');
  const { uri } = await createService(clients, cloud, 'traces', { template: template(image) });
  const own = 'log_id("run.googleapis.com/stderr") resource.labels.service_name="traces"';
  await cloud.control('PUT', 'world', { tracesAsOne: true });
  await fetch(`${uri}/throw`);
  const [trace, line] = await entries(own, 2);
  await cloud.control('PUT', 'world', { tracesAsOne: false });
  expect(trace?.data).toMatch(/^Error: lost\n {4}at .+\n {4}at /);
  expect(trace?.metadata.severity).toBe('ERROR');
  expect(line).toMatchObject({ data: 'after', metadata: { severity: 'DEFAULT' } });
  await fetch(`${uri}/throw`);
  expect((await entries(own, 5)).at(2)?.data).toBe('Error: lost');
});

it('has an audit entry of a call that was refused, as an error of the revision', async () => {
  const image = await addImage(cloud, 'audited', 'v1');
  const { name } = await createService(clients, cloud, 'audited', { template: template(image) });
  await expect(updateService(clients, { name, etag: '"stale"', labels: {} }, ['labels'])).rejects.toThrow(/Conflict/);
  const filter = 'resource.type="cloud_run_revision" AND resource.labels.service_name="audited" AND severity>=ERROR';
  const [entry] = await entries(`${filter} protoPayload.status.code=10`, 1);
  expect(entry?.metadata).toMatchObject({
    severity: 'ERROR',
    logName: expect.stringMatching(/%2Factivity$/) as string,
  });
  const since = new Date(0).toISOString();
  await cloud.control('PUT', 'tune', { logDelayMs: 0 });
  const counted = await logging.getEntries({ filter: filterOf({ filter, since, until: null }), autoPaginate: false });
  expect(counted[0]).toEqual([]);
});
