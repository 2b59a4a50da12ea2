import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, normalize } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRepositories, scenarioCommits } from '../../sandbox/repositories.ts';
import type { SampleRepository } from '../../sandbox/repositories.ts';

const git = async (...args: string[]): Promise<string[]> =>
  (await execa('git', args)).stdout.split('\n').filter(Boolean);

describe('sample repositories', () => {
  let dir: string;
  let repositories: SampleRepository[];
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'slipway-repositories-'));
    repositories = await createRepositories(dir);
  });
  afterAll(() => rm(dir, { recursive: true, force: true }));

  const repository = (name: string): SampleRepository =>
    repositories.find((one) => one.name === name) as SampleRepository;

  it('have the same commits wherever they are made, whatever the person configured', async () => {
    const before = { ...process.env };
    Object.assign(process.env, {
      GIT_AUTHOR_NAME: 'Somebody',
      GIT_COMMITTER_DATE: '2001-01-01T00:00:00Z',
      GIT_DIR: '/nowhere',
      TZ: 'Asia/Tokyo',
    });
    try {
      const again = await scenarioCommits();
      for (const { name, scenarios } of repositories) {
        expect(again[name]).toEqual(Object.fromEntries(scenarios.map((scenario) => [scenario.name, scenario.commit])));
      }
    } finally {
      for (const name of Object.keys(process.env)) if (!(name in before)) delete process.env[name];
      Object.assign(process.env, before);
    }
  });

  it('are left alone when made again', async () => {
    const pack = join(repository('openagents-runtime').path, 'objects', 'info', 'packs');
    const before = await stat(pack);
    expect(await createRepositories(dir)).toEqual(repositories);
    expect((await stat(pack)).mtimeMs).toBe(before.mtimeMs);
  });

  it('have one commit and one tag a scenario, by one author, on main or on the branch it names', async () => {
    for (const { path, scenarios } of repositories) {
      const log = await git('-C', path, 'log', '--reverse', '--format=%H %ae %ce', 'main');
      const onMain = scenarios.filter(({ name }) => name !== 'not-on-branch');
      expect(log).toEqual(onMain.map(({ commit }) => `${commit} release-owner@example.com release-owner@example.com`));
      expect((await git('-C', path, 'tag')).sort()).toEqual(scenarios.map(({ name }) => name).sort());
    }
  });

  it('have a branch that leaves main where its scenario says', async () => {
    const { path, scenarios } = repository('agento');
    const commits = Object.fromEntries(scenarios.map(({ name, commit }) => [name, commit]));
    const log = await git('-C', path, 'log', '--format=%H', 'listing-search');
    expect(log).toEqual([commits['not-on-branch'], commits['good'], commits['baseline']]);
  });

  const migrated = [
    ['openagents-runtime', 'priv/repo/migrations/', '20260126100000_rename_run_events.sql'],
    ['agento', 'db/migrations/', '20260126100000_rename_runs.sql'],
  ] as const;
  const asIfNeverThere = new Set(['broken-migration', 'out-of-order-migration']);

  it.each(migrated)(
    'of %s never take a migration away, or add one before another, going forward',
    async (service, folder) => {
      const { path, scenarios } = repository(service);
      let before: string[] = [];
      for (const { name } of scenarios.filter(
        (scenario) => !asIfNeverThere.has(scenario.name) && scenario.name !== 'not-on-branch',
      )) {
        const now = await git('-C', path, 'ls-tree', '--name-only', name, folder);
        expect(now.slice(0, before.length), name).toEqual(before);
        before = now;
      }
    },
  );

  it('of agento has a release whose migration comes before one that was applied earlier', async () => {
    const [before, after] = await Promise.all(
      ['good', 'out-of-order-migration'].map((name) =>
        git('-C', repository('agento').path, 'ls-tree', '--name-only', name, 'db/migrations/'),
      ),
    );
    expect(after?.slice(0, before?.length)).not.toEqual(before);
    expect(after).toEqual(expect.arrayContaining(before ?? []));
  });

  it.each(migrated)('of %s declare every migration compatible but the rename', async (service, folder, rename) => {
    const { path } = repository(service);
    const files = await git('-C', path, 'ls-tree', '--name-only', 'incompatible-migration', folder);
    const undeclared: string[] = [];
    for (const file of files) {
      const [first] = await git('-C', path, 'show', `incompatible-migration:${file}`);
      if (first !== '-- slipway: compatible') undeclared.push(file);
    }
    expect(undeclared).toEqual([`${folder}${rename}`]);
  });

  it('can be cloned from a server of static files, with the executable bit', async () => {
    const server = createServer((request, response) => {
      const path = normalize(new URL(request.url ?? '/', 'http://localhost').pathname);
      readFile(join(dir, 'repos', path)).then(
        (content) => response.end(content),
        () => response.writeHead(404).end(),
      );
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      const clone = join(dir, 'clone');
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/openagents-runtime.git`;
      await execa('git', ['clone', '--quiet', url, clone], { env: { no_proxy: '127.0.0.1', NO_PROXY: '127.0.0.1' } });
      expect((await stat(join(clone, 'bin', 'openagents-runtime'))).mode & 0o111).not.toBe(0);
      const tip = repository('openagents-runtime').scenarios.at(-1)?.commit;
      expect(await git('-C', clone, 'rev-parse', 'HEAD')).toEqual([tip]);
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });
});
