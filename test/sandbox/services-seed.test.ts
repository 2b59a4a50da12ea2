import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRepositories, scenarioCommits } from '../../sandbox/repositories.ts';
import type { Clients } from '../../sandbox/seed/clients.ts';
import { openClients } from '../../sandbox/seed/clients.ts';
import type { Seeded } from '../../sandbox/seed.ts';
import { seed } from '../../sandbox/seed.ts';
import { startCloud } from '../emulator/cloud.ts';
import type { CloudProcess } from '../emulator/cloud.ts';
import { startPostgres } from './postgres.ts';
import type { TestPostgres } from './postgres.ts';
import { call } from './sample-service.ts';

let dir: string;
let postgres: TestPostgres;
let cloud: CloudProcess;
let clients: Clients;
let seeded: Seeded;
let commits: Record<string, string>;

const seedAgain = (): Promise<Seeded> => {
  const { grpcPort, httpPort, project, region } = cloud;
  return seed({ cloud: { grpc: grpcPort, http: httpPort, project, region }, postgres: { url: postgres.url }, say: () => {} });
};

const effectsSince = (count: number): string[] =>
  cloud
    .calls()
    .slice(count)
    .filter(({ effect }) => effect !== 'none')
    .map(({ method }) => method);

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'slipway-seed-'));
  const [made] = await Promise.all([startPostgres(), createRepositories(dir)]);
  postgres = made;
  cloud = await startCloud({ dir });
  clients = openClients({ grpc: cloud.grpcPort, http: cloud.httpPort, project: cloud.project, region: cloud.region });
  const all = await scenarioCommits();
  commits = { runtime: all['openagents-runtime']?.['baseline'] ?? '', web: all['openagents-web']?.['baseline'] ?? '' };
  seeded = await seedAgain();
}, 90_000);

afterAll(async () => {
  await clients?.close();
  await cloud?.stop();
  await postgres?.stop();
  await rm(dir, { recursive: true, force: true });
});

describe('the seeded sandbox', () => {
  it('serves the baseline of both services, one through the other', async () => {
    const created = await call(`${seeded.uris.web}/api/runs`, { run_id: 'r1' });
    expect(created).toMatchObject({ status: 201, body: { commit: commits['web'], runtime: { commit: commits['runtime'] } } });
    const read = await call(`${seeded.uris.web}/api/runs/r1`);
    expect(read).toMatchObject({ status: 200, body: { run: { run_id: 'r1' }, checkpoints: null } });
    expect(await call(`${seeded.uris.runtime}/readyz`)).toMatchObject({ status: 200, body: { service: 'openagents-runtime' } });
  });

  it('has the service and its job on the same image by digest, the way a person makes them', async () => {
    const [service] = await clients.services.getService({ name: `${cloud.parent}/services/openagents-runtime` });
    const [job] = await clients.jobs.getJob({ name: `${cloud.parent}/jobs/openagents-runtime-migrate` });
    const task = job.template?.template;
    expect(seeded.images.runtime).toMatch(
      /^us-central1-docker\.pkg\.dev\/slipway-sandbox\/runtime\/openagents-runtime@sha256:[0-9a-f]{64}$/,
    );
    expect(service.template?.containers?.[0]?.image).toBe(seeded.images.runtime);
    expect(task?.containers?.[0]?.image).toBe(seeded.images.runtime);
    expect(task?.maxRetries).toBe(3);
    expect(service.traffic).toMatchObject([{ type: 'TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST', percent: 100 }]);
    const [executions] = await clients.executions.listExecutions({ parent: String(job.name) });
    expect(executions).toMatchObject([{ succeededCount: 1, failedCount: 0 }]);
  });

  it('keeps the database address in Secret Manager only', async () => {
    const [service] = await clients.services.getService({ name: `${cloud.parent}/services/openagents-runtime` });
    const variable = service.template?.containers?.[0]?.env?.find(({ name }) => name === 'DATABASE_URL');
    expect(variable).toMatchObject({ valueSource: { secretKeyRef: { secret: 'openagents-runtime-database-url', version: 'latest' } } });
    const name = `projects/${cloud.project}/secrets/openagents-runtime-database-url/versions/latest`;
    const [version] = await clients.secrets.accessSecretVersion({ name });
    expect(String(version.payload?.data)).toBe(`${postgres.url}/openagents_runtime_production`);
  });

  it('is left alone by a second seed', async () => {
    const before = cloud.calls().length;
    expect(await seedAgain()).toEqual(seeded);
    expect(effectsSince(before)).toEqual([]);
  });

  it('is left alone by a later seed also where a release since then has failed', async () => {
    const name = `${cloud.parent}/services/openagents-web`;
    const [service] = await clients.services.getService({ name });
    const container = {
      ...service.template?.containers?.[0],
      image: 'us-central1-docker.pkg.dev/slipway-sandbox/web/openagents-web:nowhere',
    };
    const [operation] = await clients.services.updateService({
      service: { name, template: { containers: [container] } },
      updateMask: { paths: ['template'] },
    });
    await expect(operation.promise()).rejects.toThrow(/not found/);
    const job = `${cloud.parent}/jobs/openagents-runtime-migrate`;
    const overrides = { containerOverrides: [{ args: ['eval', 'OpenAgentsRuntime.Release.nothing()'] }] };
    const [run] = await clients.jobs.runJob({ name: job, overrides });
    await run.promise().catch(() => undefined);
    const before = cloud.calls().length;
    expect(await seedAgain()).toEqual(seeded);
    expect(effectsSince(before)).toEqual([]);
    expect((await call(`${seeded.uris.web}/healthz`)).status).toBe(200);
  });
});
