import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { MockActivityEnvironment } from '@temporalio/testing';
import { confirmGithubChecks } from '../../activities/checklist/github-checks.ts';
import { confirmMigrations } from '../../activities/checklist/migrations.ts';
import { confirmRollbackTarget } from '../../activities/checklist/rollback-target.ts';
import { createGithubChecks } from '../../activities/github/checks.ts';
import type { PlannedMigration } from '../../contract/plan.ts';
import type { Finding } from '../../contract/verdict.ts';
import { commits, World } from '../workflows/world.ts';
import { ledgerEntry } from './ledger.ts';

const connection = {
  address: '',
  namespace: 'default',
  ui: undefined,
  knownSearchAttributes: async () => [],
  installation: async () => '',
};
const noEnvironments = { statusOf: async () => null } as never;
const named = (...names: string[]): PlannedMigration[] => names.map((name) => ({ name, compatibility: 'compatible' }));

describe('migrations of a commit, against what runs', () => {
  const judge = async (
    ours: PlannedMigration[],
    theirs: PlannedMigration[],
    change: (world: World) => void = () => undefined,
  ) => {
    const world = new World();
    world.migrations.set(commits.good, ours).set(commits.old, theirs);
    change(world);
    return confirmMigrations(world.ports(connection, noEnvironments), [world.entry], commits.good);
  };

  it.each<[string, PlannedMigration[], PlannedMigration[], string, string]>([
    ['none at all', [], [], 'pass', '0 in order, none is new'],
    ['a newer one', named('1_a.sql', '2_b.sql'), named('1_a.sql'), 'pass', 'new: 2_b.sql (compatible)'],
    ['a first release', named('1_a.sql'), [], 'pass', 'new: 1_a.sql'],
    ['versions as numbers, not as text', named('10_b.sql', '9_a.sql'), named('9_a.sql'), 'pass', 'new: 10_b.sql'],
    ['two of one version', named('1_a.sql', '1_b.sql'), [], 'fail', '1_a.sql and 1_b.sql have the same version'],
    ['one without a version', named('first.sql'), [], 'fail', 'first.sql does not begin with a version'],
    [
      'one that runs and is missing',
      named('1_a.sql'),
      named('1_a.sql', '2_b.sql'),
      'fail',
      'runs with 2_b.sql, which the commit does not have',
    ],
    [
      'one older than what runs',
      named('1_a.sql', '2_b.sql', '3_c.sql'),
      named('1_a.sql', '3_c.sql'),
      'fail',
      '2_b.sql is older than 3_c.sql',
    ],
    [
      'the same, declared',
      [...named('1_a.sql'), { name: '2_b.sql', compatibility: 'compatible', outOfOrder: true }, ...named('3_c.sql')],
      named('1_a.sql', '3_c.sql'),
      'pass',
      'new: 2_b.sql',
    ],
  ])('%s', async (_name, ours, theirs, verdict, said) => {
    expect(await judge(ours, theirs)).toEqual({ verdict, reason: expect.stringContaining(said) });
  });

  it('is inconclusive where the serving commit is not known', async () => {
    const unknown = (world: World) =>
      (world.live = { ...world.live, serving: world.live.serving.map((one) => ({ ...one, commit: '' })) });
    expect(await judge(named('1_a.sql'), [], unknown)).toMatchObject({ verdict: 'inconclusive' });
  });

  it('are for a person to decide where nobody can list them', async () => {
    const why = 'the commit has no folder migrations';
    const unlisted = (world: World) => void world.unknownMigrations.set(commits.good, why);
    expect(await judge([], [], unlisted)).toMatchObject({
      verdict: 'inconclusive',
      reason: expect.stringContaining(`nobody can say which migrations are new: ${why}`),
    });
    const unlistedBefore = (world: World) => void world.unknownMigrations.set(commits.old, why);
    expect(await judge(named('1_a.sql'), [], unlistedBefore)).toMatchObject({
      verdict: 'pass',
      reason: expect.stringContaining('new: 1_a.sql'),
    });
  });

  const migrationOf = (changes: object) => (world: World) => {
    const { settings } = world.entry;
    world.entry = { ...world.entry, settings: { ...settings, migration: { ...settings.migration!, ...changes } } };
  };

  it('are not a question where the catalog says that only the command knows', async () => {
    expect(await judge([], [], migrationOf({ directory: undefined, layout: 'command' }))).toMatchObject({
      verdict: 'pass',
      reason: expect.stringContaining('only the command knows them'),
    });
  });

  it('are judged as their tool orders them', async () => {
    const [ours, theirs] = [named('a_first.py', 'b_second.py'), named('b_second.py')];
    expect(await judge(ours, theirs)).toMatchObject({ verdict: 'fail' });
    expect(await judge(ours, theirs, migrationOf({ layout: 'alembic' }))).toMatchObject({ verdict: 'pass' });
    const flyway = migrationOf({ layout: 'flyway' });
    expect(await judge(named('V1.10__b.sql', 'V1_9__a.sql'), named('V1_9__a.sql'), flyway)).toMatchObject({
      verdict: 'pass',
    });
    expect(await judge(named('V1__a.sql', 'V2__b.sql'), named('V2__b.sql'), flyway)).toMatchObject({
      verdict: 'fail',
      reason: expect.stringContaining('V1__a.sql is older than V2__b.sql'),
    });
    const again = (name: string): PlannedMigration => ({ name, compatibility: 'compatible', runsAgain: true });
    const [before, after] = [again('R__views.sql (aaaaaaa)'), again('R__views.sql (bbbbbbb)')];
    expect(await judge([after, ...named('V1__a.sql')], [before, ...named('V1__a.sql')], flyway)).toMatchObject({
      verdict: 'pass',
      reason: expect.stringContaining('new: R__views.sql (bbbbbbb)'),
    });
  });
});

describe('the rollback target', () => {
  const target = async (change: (world: World) => void) => {
    const world = new World();
    change(world);
    return confirmRollbackTarget(world.ports(connection, noEnvironments), [world.entry]);
  };

  it('is named: commit, revision and the change that verified it', async () => {
    expect(await target(() => undefined)).toEqual({
      verdict: 'pass',
      reason: 'staging: commit aaaaaaaaaaaa (revision service-1, serves now)',
    });
    const verified = (world: World) =>
      void (world.ledger = [
        ledgerEntry(commits.good, {
          digest: world.live.serving[0]?.digest ?? '',
          change: 'c0123456789',
          skipped: ['bake skipped by ann@example.com'],
        }),
      ]);
    expect(await target(verified)).toMatchObject({
      reason: expect.stringContaining('verified by change c0123456789, bake skipped by ann@example.com'),
    });
  });

  it('is for a person to decide where a restore would not succeed', async () => {
    expect(await target((world) => (world.obstacles = ['deployed by a mutable tag']))).toEqual({
      verdict: 'inconclusive',
      reason: 'staging: a restore would not succeed: deployed by a mutable tag',
    });
  });

  it('is not needed before a first release', async () => {
    expect(await target((world) => (world.live = { ...world.live, exists: false, serving: [] }))).toMatchObject({
      verdict: 'pass',
      reason: expect.stringContaining('nothing was released so far'),
    });
  });
});

describe('checks of a commit on GitHub', () => {
  let server: Server | undefined;
  afterEach(() => server?.close());
  const seen: { url: string; authorization: string | undefined }[] = [];
  const answering = async (status: number, body: (page: number) => unknown, headers: Record<string, string> = {}) => {
    seen.length = 0;
    server = createServer((request, response) => {
      seen.push({ url: request.url ?? '', authorization: request.headers.authorization });
      response
        .writeHead(status, { 'content-type': 'application/json', ...headers })
        .end(JSON.stringify(body(Number(new URL(request.url ?? '', 'http://x').searchParams.get('page')))));
    });
    await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
    return createGithubChecks({
      api: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      token: 'ghp_abc123',
    });
  };
  const run = (name: string, conclusion: string | null) => ({
    name,
    status: conclusion ? 'completed' : 'queued',
    conclusion,
    html_url: `https://github.example/${name}`,
    app: { id: 15368 },
  });

  it('are read page by page, with the token', async () => {
    const checks = await answering(200, (page) => ({
      total_count: 101,
      check_runs:
        page === 1 ? Array.from({ length: 100 }, (_, index) => run(`check ${index}`, 'success')) : [run('test', null)],
    }));
    const found = await checks.ofCommit('example/service', commits.good);
    expect(found).toHaveLength(101);
    expect(found.at(-1)).toEqual({
      name: 'test',
      app: 15368,
      status: 'queued',
      conclusion: null,
      url: 'https://github.example/test',
    });
    expect(seen.map(({ url }) => url)[1]).toBe(
      `/repos/example/service/commits/${commits.good}/check-runs?filter=latest&per_page=100&page=2`,
    );
    expect(seen[0]?.authorization).toBe('Bearer ghp_abc123');
  });

  const judged = (found: (string | null)[], more: object = {}, now = Date.now()) => {
    const checks = {
      ofCommit: async () => found.map((conclusion) => ({ ...run('test', conclusion), app: 15368, url: 'u' })),
    };
    const wanted = { repository: 'example/service', checks: ['test'], timeoutMinutes: 5, ...more };
    const [since, signal] = [new Date(now).toISOString(), AbortSignal.timeout(5_000)];
    const environment = new MockActivityEnvironment({ currentAttemptScheduledTimestampMs: now });
    return environment.run<[], Finding[], () => Promise<Finding[]>>(() =>
      confirmGithubChecks({ checks }, wanted, commits.good, since, () => undefined, signal),
    );
  };

  it.each<[string, (string | null)[], string[] | undefined, string]>([
    ['succeeded', ['success'], undefined, 'pass'],
    ['was skipped, since another one failed', ['skipped'], undefined, 'inconclusive'],
    ['ended as neutral', ['neutral'], undefined, 'inconclusive'],
    ['succeeded by one app and was skipped by another', ['success', 'skipped'], undefined, 'inconclusive'],
    ['was skipped, which the catalog allows', ['skipped'], ['test'], 'pass'],
    ['was skipped, which the catalog allows another one', ['skipped'], [], 'inconclusive'],
    ['failed, though it might be skipped', ['failure', 'skipped'], ['test'], 'fail'],
    ['was cancelled, though it might be skipped', ['cancelled'], ['test'], 'fail'],
    ['is stale', ['stale'], ['test'], 'fail'],
    ['was never started', [], ['test'], 'inconclusive'],
  ])('a check that %s', async (_what, found, skippable, verdict) => {
    const [finding] = await judged(found, skippable && { skippable });
    expect(finding).toMatchObject({ verdict });
  });

  it.each<[string, string, number[], string]>([
    ['by an app that the catalog names', 'success', [15368], 'pass'],
    ['by another app than the catalog names', 'success', [1, 2], 'inconclusive'],
    ['as failed by another app, which may not stop it', 'failure', [1], 'inconclusive'],
  ])('reported %s', async (_what, conclusion, apps, verdict) => {
    const [finding] = await judged([conclusion], { apps });
    expect(finding).toMatchObject({ verdict });
  });

  it('are not waited for where another app says that they still run', async () => {
    const [finding] = await judged([null], { apps: [1] });
    expect(finding).toMatchObject({ verdict: 'inconclusive', reason: expect.stringContaining('app 15368 alone') });
  });

  it('are waited for by the clock of the server, which gave the beginning', async () => {
    const anHourAgo = Date.now() - 3_600_000;
    await expect(judged([null], {}, anHourAgo)).rejects.toMatchObject({ name: 'AbortError' });
    const [finding] = await judged([null], { timeoutMinutes: 0 }, anHourAgo);
    expect(finding).toMatchObject({ verdict: 'inconclusive' });
  });

  it.each<[number, Record<string, string>, string | undefined]>([
    [401, {}, 'Denied'],
    [403, {}, 'Denied'],
    [403, { 'x-ratelimit-remaining': '0' }, undefined],
    [404, {}, 'Missing'],
    [429, {}, undefined],
    [502, {}, undefined],
  ])('an answer %s %j is final or not, and has no token in it', async (status, headers, type) => {
    const checks = await answering(status, () => ({ message: 'no' }), headers);
    const error = await checks
      .ofCommit('example/service', commits.good)
      .catch((thrown: unknown) => thrown as Error & { type?: string });
    expect(error).toBeInstanceOf(Error);
    expect((error as { type?: string }).type).toBe(type);
    expect(String((error as Error).message)).not.toContain('ghp_abc123');
  });
});
