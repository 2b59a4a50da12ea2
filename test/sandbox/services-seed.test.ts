import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { loadCatalog } from '../../catalog/load.ts';
import { migrationJobOf, workloadOf } from '../../contract/catalog/targets/index.ts';
import { standInVariables } from '../../sandbox/people.ts';
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
  return seed({
    cloud: { grpc: grpcPort, http: httpPort, project, region },
    postgres: { url: postgres.url },
    say: () => {},
  });
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
  const baselineOf = (service: string): string => all[service]?.['baseline'] ?? '';
  commits = {
    runtime: baselineOf('openagents-runtime'),
    web: baselineOf('openagents-web'),
    agento: baselineOf('agento'),
    oneiric: baselineOf('oneiric'),
  };
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
    const created = await call(`${seeded.uris['openagents-web']}/api/runs`, { run_id: 'r1' });
    expect(created).toMatchObject({
      status: 201,
      body: { commit: commits['web'], runtime: { commit: commits['runtime'] } },
    });
    const read = await call(`${seeded.uris['openagents-web']}/api/runs/r1`);
    expect(read).toMatchObject({ status: 200, body: { run: { run_id: 'r1' }, checkpoints: null } });
    expect(await call(`${seeded.uris['openagents-runtime']}/readyz`)).toMatchObject({
      status: 200,
      body: { service: 'openagents-runtime' },
    });
  });

  it('has the service and its job on the same image by digest, the way a person makes them', async () => {
    const [service] = await clients.services.getService({ name: `${cloud.parent}/services/openagents-runtime` });
    const [job] = await clients.jobs.getJob({ name: `${cloud.parent}/jobs/openagents-runtime-migrate` });
    const task = job.template?.template;
    expect(seeded.baselines['openagents-runtime']?.image).toMatch(
      /^us-central1-docker\.pkg\.dev\/slipway-sandbox\/runtime\/openagents-runtime@sha256:[0-9a-f]{64}$/,
    );
    expect(service.template?.containers?.[0]?.image).toBe(seeded.baselines['openagents-runtime']?.image);
    expect(task?.containers?.[0]?.image).toBe(seeded.baselines['openagents-runtime']?.image);
    expect(task?.maxRetries).toBe(3);
    expect(service.traffic).toMatchObject([{ type: 'TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST', percent: 100 }]);
    const [executions] = await clients.executions.listExecutions({ parent: String(job.name) });
    expect(executions).toMatchObject([{ succeededCount: 1, failedCount: 0 }]);
  });

  it('keeps the database address in Secret Manager only', async () => {
    const [service] = await clients.services.getService({ name: `${cloud.parent}/services/openagents-runtime` });
    const variable = service.template?.containers?.[0]?.env?.find(({ name }) => name === 'DATABASE_URL');
    expect(variable).toMatchObject({
      valueSource: { secretKeyRef: { secret: 'openagents-runtime-database-url', version: 'latest' } },
    });
    const name = `projects/${cloud.project}/secrets/openagents-runtime-database-url/versions/latest`;
    const [version] = await clients.secrets.accessSecretVersion({ name });
    expect(String(version.payload?.data)).toBe(`${postgres.url}/openagents_runtime_production`);
  });

  it('serves agento in staging and production, each with its own database and key, and runs go through', async () => {
    const urls = ['agento', 'agento-staging'].map((id) => seeded.uris[id] ?? '');
    for (const url of urls)
      expect(await call(`${url}/v1/health`)).toMatchObject({
        status: 200,
        body: { commit: commits['agento'], status: 'ok' },
      });
    const keys = urls.map((url) => seeded.traffic.find((target) => target.url === url)?.key ?? '');
    expect(new Set(keys).size).toBe(2);
    const enqueue = (url = '', key = ''): Promise<Response> =>
      fetch(`${url}/v1/orchestrations/run`, {
        method: 'POST',
        headers: { 'x-agent-api-key': key },
        body: JSON.stringify({ goal: 'see', marker: 'seed-test' }),
      });
    expect((await enqueue(urls[0], keys[1])).status).toBe(401);
    const { runId } = (await (await enqueue(urls[0], keys[0])).json()) as { runId: string };
    await vi.waitUntil(
      async () => (await call(`${urls[0]}/v1/orchestrations/runs/${runId}/summary`)).body['status'] === 'completed',
      { timeout: 5_000 },
    );
    expect((await call(`${urls[1]}/v1/orchestrations/runs?marker=seed-test`)).body).toEqual({ runs: [] });
  });

  it('has what the catalog of agento needs in both environments', async () => {
    const { services, problems } = await loadCatalog(
      join(import.meta.dirname, '..', '..', 'catalog'),
      standInVariables,
    );
    expect(problems).toEqual([]);
    const environments = services.get('agento')?.entry.environments ?? {};
    expect(Object.keys(environments)).toEqual(['staging', 'production']);
    for (const { target, variables, secrets, migration, inputs = [] } of Object.values(environments)) {
      expect(inputs.filter((name) => !(name in variables) && !(name in secrets))).toEqual([]);
      const [service] = await clients.services.getService({ name: `${cloud.parent}/services/${workloadOf(target)}` });
      const env = service.template?.containers?.[0]?.env ?? [];
      const plain = Object.fromEntries(
        env.flatMap(({ name, value, valueSource }) => (valueSource ? [] : [[name, value]])),
      );
      expect({ ...variables, COMMIT_SHA: commits['agento'] }).toEqual(plain);
      const references = Object.fromEntries(
        env.flatMap(({ name, valueSource }) => (valueSource ? [[name, valueSource.secretKeyRef?.secret]] : [])),
      );
      expect(Object.fromEntries(Object.entries(secrets).map(([name, { secret }]) => [name, secret]))).toEqual(
        references,
      );
      const [job] = await clients.jobs.getJob({ name: `${cloud.parent}/jobs/${migrationJobOf(target)}` });
      expect(job.template?.template?.containers?.[0]).toMatchObject({
        command: migration?.command,
        args: migration?.args,
      });
    }
  });

  it('serves oneiric in its serverless profile, with a callback for the task queue', async () => {
    const url = seeded.uris['oneiric'] ?? '';
    expect(await call(`${url}/health`)).toMatchObject({
      status: 200,
      body: { status: 'ok', profile: 'serverless', activity_state: 'accepting', commit: commits['oneiric'] },
    });
    const task = { workflow: 'notify', run_id: 'seed-test' };
    const [first, second] = [await call(`${url}/tasks/workflow`, task), await call(`${url}/tasks/workflow`, task)];
    expect(first).toMatchObject({ status: 202, body: { run_id: 'seed-test', status: 'accepted' } });
    expect(second).toEqual(first);
    expect((await call(`${url}/tasks/workflow`, { workflow: 'unknown' })).status).toBe(400);
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
    expect((await call(`${seeded.uris['openagents-web']}/health`)).status).toBe(200);
  });
});
