import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createRepositories } from '../../sandbox/repositories.ts';
import type { SampleRepository } from '../../sandbox/repositories.ts';
import { startPostgres } from './postgres.ts';
import type { TestPostgres } from './postgres.ts';
import { call, checkOut, release, run, serve } from './sample-service.ts';
import type { RunningService } from './sample-service.ts';

const undefinedFunction =
  '** (UndefinedFunctionError) function OpenAgentsRuntime.Release.migrate_and_verify!/0 is undefined or private\n';

let dir: string;
let postgres: TestPostgres;
let images: Record<string, string>;
let web: string;
let databases = 0;
const running: RunningService[] = [];

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'slipway-services-'));
  const [made, repositories] = await Promise.all([startPostgres(), createRepositories(dir)]);
  postgres = made;
  const [runtime, site] = repositories as [SampleRepository, SampleRepository];
  images = {};
  for (const { name } of runtime.scenarios) images[name] = await checkOut(runtime.path, name, join(dir, 'runtime'));
  web = await checkOut(site.path, 'good', join(dir, 'web'));
}, 60_000);

afterEach(async () => {
  await Promise.all(running.splice(0).map((service) => service.stop()));
});

afterAll(async () => {
  await postgres.stop();
  await rm(dir, { recursive: true, force: true });
});

const image = (scenario: string): string => images[scenario] ?? '';
const database = (): Promise<string> => postgres.createDatabase(`services_${(databases += 1)}`);

const start = async (folder: string, env: Record<string, string>): Promise<RunningService> => {
  const service = await serve(folder, env);
  running.push(service);
  return service;
};

const startRuntime = (
  scenario: string,
  databaseUrl: string,
  env: Record<string, string> = {},
): Promise<RunningService> =>
  start(image(scenario), {
    DATABASE_URL: databaseUrl,
    RUNTIME_SERVICE_NAME: 'runtime',
    RUNTIME_BUILD_SHA: `sha-of-${scenario}`,
    ...env,
  });

const errors = (service: RunningService): string[] =>
  service
    .log()
    .filter(({ severity }) => severity === 'ERROR')
    .map(({ message }) => message);

const migrated = async (scenario: string): Promise<string> => {
  const url = await database();
  expect((await release(image(scenario), 'migrate_and_verify!', url)).code).toBe(0);
  return url;
};

describe('openagents-runtime', () => {
  it('serves the endpoints of runbook 003 and says its commit', async () => {
    const runtime = await startRuntime('good', await migrated('good'));
    const identity = { service: 'runtime', commit: 'sha-of-good', buildSha: 'sha-of-good' };
    expect(await call(`${runtime.url}/healthz`)).toMatchObject({ status: 200, body: { ...identity, status: 'ok' } });
    expect(await call(`${runtime.url}/readyz`)).toMatchObject({ status: 200, body: { ...identity, status: 'ready' } });
    const created = await call(`${runtime.url}/internal/v1/runs`, { run_id: 'r1', owner: 'ada' });
    expect(created).toMatchObject({
      status: 201,
      body: { ...identity, run: { run_id: 'r1', status: 'created', latest_seq: 1 } },
    });
    expect((await call(`${runtime.url}/internal/v1/runs`, { run_id: 'r1' })).status).toBe(200);
    const event = await call(`${runtime.url}/internal/v1/runs/r1/events`, {
      type: 'run.finished',
      payload: { tokens: 3 },
    });
    expect(event).toMatchObject({ status: 201, body: { event: { run_id: 'r1', seq: 2 } } });
    expect(await call(`${runtime.url}/internal/v1/runs/r1`)).toMatchObject({
      status: 200,
      body: { run: { status: 'finished', latest_seq: 2 } },
    });
    const checkpoints = await call(`${runtime.url}/internal/v1/projectors/checkpoints/r1`);
    expect(checkpoints).toMatchObject({
      status: 200,
      body: { checkpoints: [{ projector: 'run_summary', last_seq: 2 }] },
    });
    expect(await call(`${runtime.url}/internal/v1/health`)).toMatchObject({
      status: 200,
      body: { schema: { missing: [] } },
    });
  });

  it('refuses what it cannot use, and logs no error', async () => {
    const runtime = await startRuntime('good', await migrated('good'));
    const refused: [string, unknown, number][] = [
      ['runs', { run_id: 'not an id' }, 422],
      ['runs', [], 400],
      ['runs/nobody/events', { type: 'run.finished' }, 404],
      ['runs/nobody/events', {}, 422],
      ['runs/%E0%A4%A/events', {}, 400],
      ['nothing', {}, 404],
    ];
    for (const [path, body, status] of refused) {
      expect((await call(`${runtime.url}/internal/v1/${path}`, body)).status, path).toBe(status);
    }
    expect(errors(runtime)).toEqual([]);
  });

  it('fails as in runbook 000 while the two tables are missing, and recovers once they exist', async () => {
    const url = await migrated('baseline');
    const runtime = await startRuntime('good', url);
    const site = await start(web, { RUNTIME_URL: runtime.url, WEB_BUILD_SHA: 'sha-of-web' });
    const missing = ['runtime.khala_projection_checkpoints', 'runtime.sync_stream_events'];
    expect(await call(`${runtime.url}/readyz`)).toMatchObject({ status: 503, body: { missing } });
    expect((await call(`${runtime.url}/internal/v1/runs`, { run_id: 'r1' })).status).toBe(500);
    expect((await call(`${runtime.url}/internal/v1/projectors/checkpoints/r1`)).status).toBe(500);
    expect(errors(runtime)).toEqual([
      expect.stringContaining('"runtime.sync_stream_events" does not exist'),
      expect.stringContaining('"runtime.khala_projection_checkpoints" does not exist'),
    ]);
    expect(await call(`${site.url}/api/runs`, {})).toMatchObject({
      status: 500,
      body: { service: 'openagents-web', commit: 'sha-of-web' },
    });
    expect(errors(site)).toEqual([expect.stringContaining('runtime answered 500')]);

    expect((await release(image('good'), 'migrate_and_verify!', url)).code).toBe(0);
    expect((await call(`${runtime.url}/readyz`)).status).toBe(200);
    expect((await call(`${site.url}/api/runs`, { run_id: 'r1' })).status).toBe(201);
    expect(await call(`${site.url}/api/runs/r1`)).toMatchObject({
      status: 200,
      body: { checkpoints: [{ last_seq: 1 }] },
    });
  });

  it('is not ready, and alive, without its database', async () => {
    const runtime = await startRuntime('good', 'postgres://postgres@127.0.0.1:1/nowhere');
    expect((await call(`${runtime.url}/healthz`)).status).toBe(200);
    expect((await call(`${runtime.url}/readyz`)).status).toBe(503);
    expect((await call(`${runtime.url}/internal/v1/health`)).status).toBe(503);
  });
});

describe('openagents-web', () => {
  it('works with a runtime that has no checkpoints yet', async () => {
    const runtime = await startRuntime('baseline', await migrated('baseline'));
    const site = await start(web, { RUNTIME_URL: runtime.url });
    expect((await call(`${site.url}/api/runs`, { run_id: 'r1' })).status).toBe(201);
    expect(await call(`${site.url}/api/runs/r1`)).toMatchObject({
      status: 200,
      body: { checkpoints: null, run: { run_id: 'r1' }, runtime: { commit: 'sha-of-baseline' } },
    });
    expect(errors(site)).toEqual([]);
  });

  it('answers 502 when the runtime is not there', async () => {
    const site = await start(web, { RUNTIME_URL: 'http://127.0.0.1:1' });
    expect((await call(`${site.url}/api/runs`, {})).status).toBe(502);
    expect((await fetch(`${site.url}/`)).status).toBe(200);
    expect((await call(`${site.url}/health`)).status).toBe(200);
  });
});

describe('migrations of openagents-runtime', () => {
  it('are applied once, also by two migrators at the same time', async () => {
    const url = await database();
    const both = await Promise.all([1, 2].map(() => release(image('good'), 'migrate_and_verify!', url)));
    expect(both.map(({ code }) => code)).toEqual([0, 0]);
    expect(both.flatMap(({ stdout }) => stdout.match(/applied migration/g) ?? [])).toHaveLength(4);
    expect((await run(image('good'), ['bin/openagents-runtime', 'migrate'], { DATABASE_URL: url })).stdout).toContain(
      'nothing is pending',
    );
  });

  it('go through the fallback where the image predates migrate_and_verify', async () => {
    for (const earlier of ['baseline', 'good', 'compatible-migration']) {
      const url = await migrated(earlier);
      expect(await release(image('predates-verify'), 'migrate_and_verify!', url)).toEqual({
        code: 1,
        stdout: '',
        stderr: undefinedFunction,
      });
      const fallback = await release(image('predates-verify'), 'migrate', url);
      expect(fallback).toMatchObject({
        code: 0,
        stdout: expect.stringContaining('applied migration 20260121100000 index_runs_by_owner'),
      });
      expect((await release(image('good'), 'migrate_and_verify!', url)).code).toBe(0);
    }
  });

  it('leave nothing behind when one is broken', async () => {
    const url = await migrated('baseline');
    for (let n = 1; n <= 2; n += 1) {
      // The second time says the same: the column that the migration adds first is not there.
      const broken = await release(image('broken-migration'), 'migrate_and_verify!', url);
      expect(broken).toMatchObject({
        code: 1,
        stderr: '',
        stdout: expect.stringContaining('lease_expires_at\\" does not exist'),
      });
    }
    expect((await release(image('good'), 'migrate_and_verify!', url)).code).toBe(0);
    expect((await release(image('compatible-migration'), 'migrate_and_verify!', url)).code).toBe(0);
  });

  it('of every scenario but the rename let an older release go on, and a later deploy of good succeed', async () => {
    const url = await migrated('baseline');
    const older = await startRuntime('baseline', url);
    for (const scenario of Object.keys(images).filter((name) => name !== 'incompatible-migration')) {
      await release(image(scenario), 'migrate', url);
    }
    expect((await call(`${older.url}/internal/v1/runs`, { run_id: 'r1' })).status).toBe(201);
    expect((await release(image('good'), 'migrate_and_verify!', url)).code).toBe(0);
    const good = await startRuntime('good', url);
    expect((await call(`${good.url}/readyz`)).status).toBe(200);
    expect((await call(`${good.url}/internal/v1/runs/r1/events`, { type: 'run.finished' })).status).toBe(201);
  });

  it('that are incompatible break the older release and not the newer one', async () => {
    const url = await migrated('good');
    const older = await startRuntime('good', url);
    expect((await release(image('incompatible-migration'), 'migrate_and_verify!', url)).code).toBe(0);
    const newer = await startRuntime('incompatible-migration', url);
    expect((await call(`${older.url}/internal/v1/runs`, {})).status).toBe(500);
    expect((await call(`${older.url}/readyz`)).status).toBe(503);
    expect((await call(`${newer.url}/internal/v1/runs`, {})).status).toBe(201);
  });

  it('need a database address and a function that exists', async () => {
    const program = 'bin/openagents-runtime';
    expect(await run(image('good'), [program, 'migrate'], {})).toMatchObject({
      code: 1,
      stderr: 'DATABASE_URL is not set\n',
    });
    expect(await run(image('good'), [program, 'eval', 'System.halt()'], {})).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('usage'),
    });
    expect(await run(image('good'), [program, 'eval', 'OpenAgentsRuntime.Release.rollback()'], {})).toMatchObject({
      code: 1,
      stderr: '** (UndefinedFunctionError) function OpenAgentsRuntime.Release.rollback/0 is undefined or private\n',
    });
  });
});

describe('the smoke of openagents-runtime', () => {
  const smoke = (url: string, commit: string) =>
    run(image('good'), ['bin/openagents-runtime', 'eval', 'OpenAgentsRuntime.Deploy.Smoke.run!()'], {
      SMOKE_BASE_URL: url,
      SMOKE_COMMIT: commit,
    });

  it('passes, and passes again, where the release answers as it should', async () => {
    const { url } = await startRuntime('good', await migrated('good'));
    for (const _time of ['first', 'second']) {
      const { code, stdout } = await smoke(url, 'sha-of-good');
      expect(stdout).toContain('smoke passed: health, readiness, runs of sha-of-good');
      expect(code).toBe(0);
    }
  });

  it('fails with the reason where another commit answers, a route fails, or nothing is said', async () => {
    const { url } = await startRuntime('fails-smoke', await migrated('good'));
    const other = await smoke(url, 'sha-of-good');
    expect(other).toMatchObject({ code: 1, stdout: expect.stringContaining('with commit sha-of-fails-smoke') });
    const failing = await smoke(url, 'sha-of-fails-smoke');
    expect(failing).toMatchObject({ code: 1, stdout: expect.stringContaining('/ready answered 500') });
    expect(await smoke('', '')).toMatchObject({ code: 1, stdout: expect.stringContaining('are not set') });
  });
});

describe('bad releases of openagents-runtime', () => {
  it('exits-at-start ends with 1 before it listens', async () => {
    await expect(startRuntime('exits-at-start', await migrated('good'))).rejects.toThrow(
      /exit 1: .*RUNTIME_LEASE_REGION/,
    );
  });

  it('fails-smoke answers 500 from the beginning, but is alive', async () => {
    const runtime = await startRuntime('fails-smoke', await migrated('good'));
    expect((await call(`${runtime.url}/healthz`)).status).toBe(200);
    expect((await call(`${runtime.url}/readyz`)).status).toBe(500);
    expect((await call(`${runtime.url}/internal/v1/runs`, {})).status).toBe(500);
    expect(errors(runtime)).toHaveLength(2);
  });

  it.each([
    ['after some dozens of requests', { FAIL_AFTER_SECONDS: '3600' }, 60],
    ['some seconds after its tenth request', { FAIL_AFTER_SECONDS: '0' }, 10],
  ])('fails-under-traffic passes its smoke and fails %s', async (_when, env, served) => {
    const runtime = await startRuntime('fails-under-traffic', await migrated('good'), env);
    expect((await call(`${runtime.url}/readyz`)).status).toBe(200);
    expect((await call(`${runtime.url}/internal/v1/runs`, { run_id: 'r1' })).status).toBe(201);
    const statuses: number[] = [];
    for (let n = 1; n < served + 2; n += 1) statuses.push((await call(`${runtime.url}/internal/v1/runs/r1`)).status);
    expect(statuses.indexOf(500)).toBe(served - 1);
    expect(errors(runtime)).toEqual(Array(2).fill(expect.stringContaining('lease table exhausted')));
    expect((await call(`${runtime.url}/readyz`)).status).toBe(500);
  });
});
