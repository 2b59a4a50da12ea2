import { v2 as logging } from '@google-cloud/logging-api';
import { afterEach, describe, expect, it } from 'vitest';
import { eventually } from '../until.ts';
import type { CloudProcess } from './cloud.ts';
import { addImage, createService, runClients, template, updateService, type RunClients } from './run-fixtures.ts';
import { withCloud } from './stage.ts';

let cloud: CloudProcess;
let clients: RunClients;
let name: string;

withCloud(async (started) => {
  cloud = started;
  clients = runClients(cloud);
  const image = await addImage(cloud, 'web', 'v1');
  name = String((await createService(clients, cloud, 'web', { template: template(image) })).name);
});
const none = { 'run-reads': null, 'run-writes': null, 'log-reads': null, minuteMs: 60_000 };
afterEach(async () => void (await cloud.control('PUT', 'quotas', none)));

const once = { retry: null } as const;
const readService = () => clients.services.getService({ name }, once);

describe('a quota of the platform', () => {
  it('counts nothing until somebody sets it', async () => {
    expect(await cloud.control('GET', 'quotas')).toEqual(none);
  });

  it('refuses the call that is too many, in the words of Cloud Run, and by REST with 429', async () => {
    await cloud.control('PUT', 'quotas', { 'run-reads': 2 });
    await readService();
    await readService();
    await expect(readService()).rejects.toMatchObject({
      code: 8,
      details:
        "Quota exceeded for quota metric 'Read requests' and limit 'Read requests per minute per region' of service " +
        "'run.googleapis.com' for consumer 'project_number:100000000001'.",
      reason: 'RATE_LIMIT_EXCEEDED',
      domain: 'googleapis.com',
      errorInfoMetadata: {
        quota_limit: 'ReadPerMinutePerProjectRegion',
        quota_limit_value: '2',
        quota_location: cloud.region,
        service: 'run.googleapis.com',
      },
    });
    const answer = await fetch(`http://127.0.0.1:${cloud.httpPort}/v2/${name}`);
    expect(answer.status).toBe(429);
    expect(await answer.json()).toMatchObject({ error: { status: 'RESOURCE_EXHAUSTED' } });
  });

  it('counts reads and writes of Cloud Run each for itself, and a refused write changes nothing', async () => {
    await cloud.control('PUT', 'quotas', { 'run-writes': 1 });
    await updateService(clients, { name, labels: { a: '1' } }, ['labels']);
    const refused = clients.services.updateService(
      { service: { name, labels: { a: '2' } }, updateMask: { paths: ['labels'] } },
      once,
    );
    await expect(refused).rejects.toMatchObject({ code: 8, details: expect.stringContaining("'Write requests'") });
    const [service] = await readService();
    expect(service.labels).toEqual({ a: '1' });
  });

  it('of the log names the project alone', async () => {
    await cloud.control('PUT', 'quotas', { 'log-reads': 1 });
    const client = new logging.LoggingServiceV2Client(cloud.clientOptions());
    const read = () =>
      client.listLogEntries(
        { resourceNames: [`projects/${cloud.project}`], filter: 'timestamp>="2020-01-01T00:00:00Z"', pageSize: 1 },
        { ...once, autoPaginate: false },
      );
    await read();
    await expect(read()).rejects.toMatchObject({
      code: 8,
      details: expect.stringContaining("limit 'Read requests per minute' of service 'logging.googleapis.com'"),
      errorInfoMetadata: { quota_location: 'global', quota_limit_value: '1' },
    });
    await client.close();
  });

  it('is there again in the next minute', async () => {
    await cloud.control('PUT', 'quotas', { 'run-reads': 1, minuteMs: 300 });
    await readService();
    await expect(readService()).rejects.toMatchObject({ code: 8 });
    await eventually('the next minute', () => readService().catch(() => undefined));
  });

  it('that makes no sense is refused', async () => {
    await expect(cloud.control('PUT', 'quotas', { 'run-reads': 0 })).rejects.toThrow(/run-reads/);
  });
});
