import { execa } from 'execa';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { AgentoWorld, query, settings, statuses } from './agento-world.ts';
import type { Ask } from './agento-world.ts';
import { run } from './sample-service.ts';

let world: AgentoWorld;
beforeAll(async () => {
  world = await AgentoWorld.open();
}, 60_000);
afterEach(() => world.stopServices());
afterAll(() => world.close());

/** Waits until somebody holds the table's lock, or until somebody else waits for it. */
const untilLocked = async (url: string, table: string, state: 'held' | 'waited for'): Promise<void> => {
  const condition = state === 'held' ? "mode = 'AccessExclusiveLock' AND granted" : 'NOT granted';
  const sql = `SELECT 1 FROM pg_locks WHERE relation = '${table}'::regclass AND ${condition}`;
  await vi.waitUntil(async () => (await query(url, sql)).length > 0, { timeout: 5_000, interval: 10 });
};

describe('agento', () => {
  it('serves the routes of runbook 004, and every run goes from queued through running to its end', async () => {
    const agento = await world.start('good', await world.migrated('good'));
    expect(await agento.ask('/v1/health')).toMatchObject({
      status: 200,
      body: { status: 'ok', commit: 'sha-of-good' },
    });
    const enqueued = await agento.enqueue('find a flat, then book it', 'change-1/candidate');
    expect(enqueued).toMatchObject({ status: 202, body: { status: 'queued' } });
    const runId = enqueued.body['runId'] as string;
    const summary = await agento.end(runId);
    expect(summary).toMatchObject({
      runId,
      status: 'completed',
      runOutput: { chainId: 42_431, summary: '2 of 2 steps done' },
    });
    expect(statuses(summary)).toEqual(['queued', 'running', 'completed']);
    const failed = await agento.end((await agento.enqueue('fail once')).body['runId'] as string);
    expect(failed).toMatchObject({ status: 'failed', runOutput: { error: 'the goal cannot be reached: fail once' } });
    expect(await agento.ask('/v1/orchestrations/runs?limit=5')).toMatchObject({
      status: 200,
      body: { runs: [{ goal: 'fail once' }, { runId }] },
    });
    expect((await agento.ask('/v1/orchestrations/runs?marker=change-1/candidate')).body['runs']).toMatchObject([
      { runId, links: { self: `http://agento.example/runs/${runId}` } },
    ]);
    expect((await agento.ask(`/v1/orchestrations/runs/${runId}/steps`)).body['steps']).toMatchObject([
      { goal: 'find a flat' },
      { goal: 'book it' },
    ]);
    expect(agento.log('ERROR')).toEqual([]);
  });

  it('refuses what it cannot use, and logs no error', async () => {
    const agento = await world.start('good', await world.migrated('good'));
    const refused: [string, Ask, number][] = [
      ['/v1/orchestrations/run', { method: 'POST', body: {} }, 422],
      ['/v1/orchestrations/run', { method: 'POST', body: { goal: 'x', marker: 'not a marker' } }, 422],
      ['/v1/orchestrations/run', { method: 'POST', body: [] }, 400],
      ['/v1/orchestrations/runs?limit=0', {}, 400],
      ['/v1/orchestrations/runs/nobody/summary', {}, 404],
      ['/v1/orchestrations/runs/nobody/execute', { method: 'POST' }, 404],
      ['/v1/orchestrations/runs/%E0%A4%A/summary', {}, 400],
      ['/v1/listings', { method: 'POST', body: {}, role: 'owner' }, 422],
      ['/v1/admin/writes', { method: 'PUT', body: { frozen: 'yes' } }, 422],
      ['/v1/health', { method: 'POST' }, 405],
      ['/v1/nothing', {}, 404],
    ];
    for (const [path, ask, status] of refused)
      expect(await agento.ask(path, ask), path).toMatchObject({ status, body: { error: expect.any(String) } });
    expect(agento.log('ERROR')).toEqual([]);
  });

  it('asks for the key with 401 and for a role that may write with 403, whatever else is wrong', async () => {
    const agento = await world.start('good', await world.migrated('good'));
    await agento.freeze(true);
    for (const key of [null, 'another key']) {
      for (const path of ['/v1/orchestrations/run', '/v1/orchestrations/runs/nobody/execute'])
        expect((await agento.ask(path, { method: 'POST', key })).status, path).toBe(401);
      for (const method of ['GET', 'PUT'])
        expect((await agento.ask('/v1/admin/writes', { method, key })).status, method).toBe(401);
    }
    for (const role of [undefined, '', 'viewer']) {
      expect(
        (await agento.ask('/v1/listings', { method: 'POST', ...(role === undefined ? {} : { role }) })).status,
      ).toBe(403);
    }
  });

  it('answers the same run and the same listing to the same marker, also at the same time', async () => {
    const url = await world.migrated('good');
    const [one, other] = await Promise.all([world.start('good', url), world.start('good', url)]);
    const answers = await Promise.all(
      [1, 2, 3, 4, 5, 6].map((n) => (n % 2 === 0 ? one : other).enqueue('once', 'marker-1')),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202]));
    expect(new Set(answers.map(({ body }) => body['runId'] as string)).size).toBe(1);
    const listing: Ask = { method: 'POST', body: { title: 'A flat', marker: 'marker-1' }, role: 'owner' };
    const [created, again] = [await one.ask('/v1/listings', listing), await other.ask('/v1/listings', listing)];
    expect([created.status, again.status]).toEqual([201, 200]);
    expect(again.body).toEqual(created.body);
    expect((await one.ask('/v1/listings?marker=marker-1')).body['listings']).toHaveLength(1);
  });

  it('does not start without its settings, and names all that are missing', async () => {
    const folder = await world.image('good');
    const ended = await run(folder, [process.execPath, 'server.js'], { CHAIN_ID: 'one' });
    expect(ended.code).toBe(1);
    expect(ended.stdout).toContain(
      'missing: DATABASE_URL, TEMPO_RPC_URL, APP_BASE_URL, DOWNSTREAM_API_URL, INTERNAL_API_KEY; ' +
        'CHAIN_ID is not a number',
    );
    const later = await run(await world.image('exits-at-start'), [process.execPath, 'server.js'], {
      ...settings,
      DATABASE_URL: 'postgres://127.0.0.1:1/nowhere',
    });
    expect(later).toMatchObject({ code: 1, stdout: expect.stringContaining('missing: DOWNSTREAM_API_REGION') });
  });

  it('says degraded while its tables are missing, and its worker goes on once they are there', async () => {
    const url = await world.migrated('baseline');
    const agento = await world.start('good', url);
    expect(await agento.ask('/v1/health')).toMatchObject({
      status: 503,
      body: { reason: 'tables are missing: agento.run_steps' },
    });
    expect((await world.migrate('good', url)).code).toBe(0);
    expect((await agento.ask('/v1/health')).status).toBe(200);
    expect(await agento.end((await agento.enqueue('go on')).body['runId'] as string)).toMatchObject({
      status: 'completed',
    });
  });
});

describe('the queue of agento', () => {
  it('gives a run to the revision that it came in through, and each run once to all of them', async () => {
    const url = await world.migrated('good');
    const [live, candidate] = await Promise.all([world.start('good', url), world.start('good', url)]);
    const answers = await Promise.all(
      [...Array(20).keys()].map((n) => (n % 2 === 0 ? live : candidate).enqueue(`goal ${n}`)),
    );
    for (const { body } of answers)
      expect(statuses(await live.end(body['runId'] as string))).toEqual(['queued', 'running', 'completed']);
    const strangers = await query(
      url,
      'SELECT count(*)::int AS count FROM agento.runs WHERE worker <> enqueued_by OR attempt <> 1',
    );
    expect(strangers).toEqual([{ count: 0 }]);
  });

  it('shares what has waited long among all revisions, and nobody works a run twice', async () => {
    const url = await world.migrated('good');
    const enqueuer = await world.start('fails-queue', url);
    const answers = await Promise.all([...Array(30).keys()].map((n) => enqueuer.enqueue(`goal ${n}`)));
    const adopters = { ADOPT_AFTER_SECONDS: '0.001', RUN_MS: '1', POLL_MS: '10' };
    const [one] = await Promise.all([
      world.start('good', url, adopters),
      world.start('good', url, adopters),
      world.start('good', url, adopters),
    ]);
    for (const { body } of answers)
      expect(statuses(await one.end(body['runId'] as string))).toEqual(['queued', 'running', 'completed']);
    expect(await query(url, 'SELECT max(attempt) AS attempts FROM agento.runs')).toEqual([{ attempts: 1 }]);
  });

  it('gives a run to another worker when its own is late, and the late result does not count', async () => {
    const url = await world.migrated('good');
    const slow = await world.start('good', url, { RUN_MS: '1500', LEASE_SECONDS: '0.3' });
    const runId = (await slow.enqueue('survive')).body['runId'] as string;
    await vi.waitUntil(async () => (await slow.summary(runId)).body['status'] === 'running', {
      timeout: 5_000,
      interval: 20,
    });
    const heir = await world.start('good', url);
    const whole = ['queued', 'running', 'running', 'completed'];
    expect(statuses(await heir.end(runId))).toEqual(whole);
    await vi.waitUntil(() => slow.log('INFO').includes(`${runId} was taken over by another worker`), {
      timeout: 5_000,
      interval: 20,
    });
    expect(statuses((await slow.summary(runId)).body)).toEqual(whole);
  });

  it('executes a waiting run when it is told to', async () => {
    const agento = await world.start('fails-queue', await world.migrated('good'));
    const runId = (await agento.enqueue('now')).body['runId'] as string;
    expect((await agento.summary(runId)).body).toMatchObject({ status: 'queued', runOutput: null });
    const path = `/v1/orchestrations/runs/${runId}/execute`;
    expect(await agento.ask(path, { method: 'POST' })).toMatchObject({
      status: 202,
      body: { runId, status: 'running' },
    });
    expect(await agento.end(runId)).toMatchObject({ status: 'completed' });
    expect((await agento.ask(path, { method: 'POST' })).status).toBe(409);
  });
});

describe('the write switch of agento', () => {
  it('holds for every revision and after a restart; reads go on, and so do writes once it is off', async () => {
    const url = await world.migrated('good');
    const [one, other] = await Promise.all([world.start('good', url), world.start('good', url)]);
    expect(await one.freeze(true)).toMatchObject({ status: 200, body: { frozen: true } });
    await other.stop();
    const later = await world.start('good', url);
    expect((await later.ask('/v1/admin/writes')).body).toMatchObject({ frozen: true });
    const frozen = { status: 503, body: { error: 'writes are frozen' } };
    expect(await later.enqueue('never')).toMatchObject(frozen);
    expect(await later.ask('/v1/listings', { method: 'POST', body: { title: 'never' }, role: 'owner' })).toMatchObject(
      frozen,
    );
    expect(await later.ask('/v1/orchestrations/runs/any/execute', { method: 'POST' })).toMatchObject(frozen);
    expect((await later.ask('/v1/orchestrations/runs?limit=5')).body).toEqual({ runs: [] });
    expect(later.log('ERROR')).toEqual([]);
    await later.freeze(false);
    expect(await one.end((await one.enqueue('again')).body['runId'] as string)).toMatchObject({ status: 'completed' });
  });

  it('keeps the worker from taking what waits', async () => {
    const url = await world.migrated('good');
    const enqueuer = await world.start('fails-queue', url);
    const runId = (await enqueuer.enqueue('wait')).body['runId'] as string;
    await enqueuer.freeze(true);
    const worker = await world.start('good', url, { ADOPT_AFTER_SECONDS: '0.001' });
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect((await worker.summary(runId)).body['status']).toBe('queued');
    await worker.freeze(false);
    expect(await worker.end(runId)).toMatchObject({ status: 'completed' });
  });

  it('is not acknowledged before writes that have begun have ended', async () => {
    const url = await world.migrated('good');
    const agento = await world.start('good', url);
    const ended: string[] = [];
    const held = query(url, 'BEGIN; LOCK TABLE agento.listings; SELECT pg_sleep(1.5); COMMIT');
    await untilLocked(url, 'agento.listings', 'held');
    const writing = agento
      .ask('/v1/listings', { method: 'POST', body: { title: 'late' }, role: 'owner' })
      .then(({ status }) => ended.push(`written ${status}`));
    await untilLocked(url, 'agento.listings', 'waited for');
    await agento.freeze(true).then(({ status }) => ended.push(`frozen ${status}`));
    await Promise.all([held, writing]);
    expect(ended).toEqual(['written 201', 'frozen 200']);
  });
});

describe('scenarios of agento', () => {
  it('fail as their names say', async () => {
    const url = await world.migrated('good');
    const smoke = await world.start('fails-smoke', url);
    expect((await smoke.ask('/v1/health')).status).toBe(200);
    expect((await smoke.ask('/v1/orchestrations/runs?limit=5')).status).toBe(200);
    expect((await smoke.enqueue('x')).status).toBe(500);
    expect((await smoke.ask('/v1/orchestrations/runs?limit=5')).status).toBe(500);
    const auth = await world.start('fails-auth', url);
    expect((await auth.ask('/v1/orchestrations/run', { method: 'POST', key: null, body: { goal: 'x' } })).status).toBe(
      202,
    );
    expect((await auth.ask('/v1/listings', { method: 'POST', body: { title: 'x' } })).status).toBe(201);
    const traffic = await world.start('fails-under-traffic', url, { FAIL_AFTER_SECONDS: '0.1' });
    const answers: number[] = [];
    for (let n = 0; n < 6; n += 1) answers.push((await traffic.ask('/v1/orchestrations/runs')).status);
    await new Promise((resolve) => setTimeout(resolve, 150));
    expect([...new Set(answers), (await traffic.ask('/v1/orchestrations/runs')).status]).toEqual([200, 500]);
    expect((await traffic.ask('/v1/health')).status).toBe(200);
  });

  it('pass their own gates with plain node and no package, but for the one whose tests fail', async () => {
    for (const scenario of ['good', 'fails-checks', 'incompatible-migration']) {
      const cwd = await world.image(scenario);
      // A test runner inside a test runner reports to its parent instead of to us.
      const npm = (...args: string[]) =>
        execa('npm', args, {
          cwd,
          env: { NODE_PATH: '', NODE_TEST_CONTEXT: undefined, NODE_OPTIONS: '' },
          reject: false,
        });
      expect(await npm('run', 'check')).toMatchObject({ exitCode: 0 });
      expect(await npm('run', 'build')).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('built') });
      const tests = await npm('test');
      expect(tests.exitCode, `${scenario}: ${tests.stdout}`).toBe(scenario === 'fails-checks' ? 1 : 0);
      if (scenario === 'fails-checks') expect(tests.stdout).toContain('a run never skips running');
    }
  });
});
