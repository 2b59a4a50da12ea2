import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { AddedFile } from '../../activities/ports/index.ts';
import { createGitSources } from '../../activities/git/sources.ts';
import { createRepositories, scenarioCommits } from '../../sandbox/repositories.ts';

const noSecrets = { read: () => null };

describe('sources from git', () => {
  let folder: string;
  let server: Server;
  let repository: { url: string; branch: string };
  let commits: Record<string, string>;
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'slipway-sources-'));
    await createRepositories(folder);
    commits = (await scenarioCommits())['openagents-runtime'] ?? {};
    server = createServer((request, response) => {
      readFile(path.join(folder, 'repos', path.normalize(new URL(request.url ?? '/', 'http://x').pathname))).then(
        (content) => response.end(content),
        () => response.writeHead(404).end(),
      );
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    repository = {
      url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/openagents-runtime.git`,
      branch: 'main',
    };
  });
  afterAll(async () => {
    server.close();
    await rm(folder, { recursive: true });
  });
  const sources = () => createGitSources(path.join(folder, 'mirrors'), noSecrets);

  it('finds a commit of the release branch, with its subject', async () => {
    expect(await sources().commit(repository, commits['good'] ?? '')).toMatchObject({
      found: true,
      onBranch: true,
      subject: expect.stringContaining('checkpoints'),
    });
  });

  it('says when a commit is unknown', async () => {
    expect(await sources().commit(repository, 'd'.repeat(40))).toMatchObject({ found: false });
  });

  it('says when a commit is not on the release branch', async () => {
    const mirror = path.join(folder, 'repos', 'openagents-runtime.git');
    const git = (...args: string[]) =>
      execFileSync('git', ['-C', mirror, '-c', 'user.name=x', '-c', 'user.email=x@example.com', ...args], {
        encoding: 'utf8',
      }).trim();
    const stray = git('commit-tree', `${commits['good'] ?? ''}^{tree}`, '-m', 'stray');
    git('update-ref', 'refs/heads/stray', stray);
    git('update-server-info');
    expect(await sources().commit(repository, stray)).toMatchObject({ found: true, onBranch: false });
  });

  describe('after somebody has written the branch anew', () => {
    const bare = () => path.join(folder, 'repos', 'openagents-runtime.git');
    const git = (...args: string[]) => execFileSync('git', ['-C', bare(), ...args], { encoding: 'utf8' }).trim();
    let tip: string;
    beforeAll(() => {
      tip = git('rev-parse', 'refs/heads/main');
    });
    const moveBranch = (commit: string) => {
      git('update-ref', 'refs/heads/main', commit);
      git('update-server-info');
    };
    afterEach(() => moveBranch(tip));

    it('a commit that was taken off it is not on the release branch, though the mirror knew it there', async () => {
      const one = sources();
      expect(await one.commit(repository, tip)).toMatchObject({ found: true, onBranch: true });
      moveBranch(git('rev-parse', `${tip}~1`));
      expect(await one.commit(repository, tip)).toMatchObject({ found: true, onBranch: false });
    });

    it('no commit is on a branch that was removed', async () => {
      expect(await sources().commit({ ...repository, branch: 'gone' }, tip)).toMatchObject({ onBranch: false });
    });
  });

  describe.each([
    ['is killed', 'kill -9 $$'],
    ['cannot read a commit', 'echo "error: Could not read b" >&2; exit 1'],
    ['ends with an error', 'echo "fatal: unable to read tree" >&2; exit 128'],
  ])('a git that %s', (_how, script) => {
    const before = process.env['PATH'];
    let programs: string;
    beforeAll(async () => {
      await sources().commit(repository, commits['good'] ?? '');
      programs = await mkdtemp(path.join(tmpdir(), 'slipway-git-'));
      const real = execFileSync('which', ['git'], { encoding: 'utf8' }).trim();
      const text = `#!/bin/sh\ncase "$*" in *--is-ancestor*) ${script};; esac\nexec ${real} "$@"\n`;
      await writeFile(path.join(programs, 'git'), text, { mode: 0o755 });
      process.env['PATH'] = `${programs}:${before}`;
    });
    afterAll(async () => {
      process.env['PATH'] = before;
      await rm(programs, { recursive: true });
    });

    it('has not said that a commit is not on the branch: a repeat asks again', async () => {
      const one = sources();
      const good = commits['good'] ?? '';
      const again = { type: 'Unavailable', nonRetryable: false };
      await expect(one.commit(repository, good)).rejects.toMatchObject(again);
      await expect(one.includes(repository, good, good)).rejects.toMatchObject(again);
    });
  });

  it('reads a file of a commit, also through a link within it, and packs the files of a folder', async () => {
    const mirror = path.join(folder, 'repos', 'openagents-runtime.git');
    const git = (input: string, ...args: string[]) =>
      execFileSync('git', ['-C', mirror, '-c', 'user.name=x', '-c', 'user.email=x@example.com', ...args], {
        encoding: 'utf8',
        input,
      }).trim();
    const [procfile, link] = ['web: node server.js\n', '../Procfile'].map((text) =>
      git(text, 'hash-object', '-w', '--stdin'),
    );
    const inner = git(`120000 blob ${link}\tProcfile.cloudrun\n100644 blob ${procfile}\tother\n`, 'mktree');
    const tree = git(`100644 blob ${procfile}\tProcfile\n040000 tree ${inner}\tapp\n`, 'mktree');
    const linked = git('', 'commit-tree', tree, '-m', 'linked');
    git('', 'update-ref', 'refs/heads/linked', linked);
    git('', 'update-server-info');
    const one = sources();
    const read = (file: string) => one.file(repository, linked, file);
    expect(await Promise.all(['Procfile', 'app/Procfile.cloudrun', 'Procfile.cloudrun'].map(read))).toEqual([
      'web: node server.js',
      'web: node server.js',
      null,
    ]);
    const names = async (directory?: string, added: AddedFile | null = null) =>
      execFileSync('tar', ['-tzf', '-'], { input: await one.archive(repository, linked, directory, added) })
        .toString()
        .split('\n')
        .filter((name) => name !== '' && !name.endsWith('/'));
    expect(await names('app')).toEqual(['Procfile.cloudrun', 'other']);
    expect(await names()).toEqual(['Procfile', 'app/Procfile.cloudrun', 'app/other']);

    // What a build makes is packed with them, and stands for a file of the commit.
    const made = { path: 'build/made.json', text: '{}' };
    expect(await names('app', made)).toEqual(['Procfile.cloudrun', 'other', 'build/made.json']);
    const instead = { path: 'app/other', text: 'made' };
    expect(await names(undefined, instead)).toEqual(['Procfile', 'app/Procfile.cloudrun', 'app/other']);
    const input = await one.archive(repository, linked, undefined, instead);
    expect(execFileSync('tar', ['-xzOf', '-', 'app/other'], { input }).toString()).toBe('made');
  });

  it('lists the migrations of a commit in order, undeclared ones as incompatible', async () => {
    const found = await sources().migrations(repository, commits['incompatible-migration'] ?? '', {
      directory: 'priv/repo/migrations',
    });
    const listed = 'migrations' in found ? found.migrations : [];
    expect(listed.map(({ name }) => name)).toEqual(listed.map(({ name }) => name).sort());
    expect(listed.filter(({ compatibility }) => compatibility === 'incompatible').map(({ name }) => name)).toEqual([
      '20260126100000_rename_run_events.sql',
    ]);
  });

  it.each([
    ['a folder that the commit does not have', 'does/not/exist', 'the commit has no folder does/not/exist'],
    ['a file', 'Procfile', 'the commit has no folder Procfile'],
    ['a folder without a migration', 'lib', 'lib has no migration of layout sql (*.sql)'],
    ['the whole repository', '.', '. has no migration of layout sql (*.sql)'],
  ])('does not know the migrations of %s, rather than none', async (_what, directory, unknown) => {
    const found = await sources().migrations(repository, commits['good'] ?? '', { directory });
    expect(found).toEqual({ unknown: expect.stringContaining(unknown) });
  });

  it('reads migrations by any name, with what they declare, and takes a link for what it is', async () => {
    const mirror = path.join(folder, 'repos', 'openagents-runtime.git');
    const git = (input: string, ...args: string[]) =>
      execFileSync('git', ['-C', mirror, '-c', 'user.name=x', '-c', 'user.email=x@example.com', ...args], {
        encoding: 'utf8',
        input,
      }).trim();
    const [declared, other] = ['-- slipway: compatible\nselect 1;\n', 'drop table a;'].map((text) =>
      git(text, 'hash-object', '-w', '--stdin'),
    );
    const commitOf = (...entries: string[]) => {
      const inner = git(`${entries.join('\n')}\n`, 'mktree');
      return git('', 'commit-tree', git(`040000 tree ${inner}\tdb\n`, 'mktree'), '-m', 'migrations');
    };
    const all = commitOf(`100644 blob ${declared}\t1_größe der "Tabelle".sql`, `100755 blob ${other}\t2_b.sql`);
    const linked = commitOf(`100644 blob ${declared}\t1_a.sql`, `120000 blob ${other}\t2_b.sql`);
    for (const commit of [all, linked]) git('', 'update-ref', `refs/heads/m-${commit}`, commit);
    git('', 'update-server-info');
    const read = (commit: string) => sources().migrations(repository, commit, { directory: 'db/' });
    expect(await read(all)).toEqual({
      migrations: [
        { name: '1_größe der "Tabelle".sql', compatibility: 'compatible' },
        { name: '2_b.sql', compatibility: 'incompatible' },
      ],
    });
    // What a link leads to is not known here.
    expect(await read(linked)).toMatchObject({
      migrations: [{ compatibility: 'compatible' }, { compatibility: 'incompatible' }],
    });
  });

  it('tells the commits that go out, newest first, with subject and author', async () => {
    const { baseline = '', good = '', ['fails-smoke']: next = '' } = commits;
    const between = await sources().between(repository, baseline, next);
    expect(between).toMatchObject({ count: 2, lost: 0 });
    expect(between.newest.map(({ commit }) => commit)).toEqual([next, good]);
    expect(between.newest[1]).toMatchObject({
      subject: expect.stringContaining('checkpoints'),
      author: expect.stringMatching(/\S/),
    });
  });

  it('tells how many commits users lose where what serves is not an ancestor', async () => {
    const { baseline = '', good = '' } = commits;
    expect(await sources().between(repository, good, baseline)).toEqual({ count: 0, newest: [], lost: 1 });
  });

  it('gives the files of a commit a folder of their own, which is gone once it is closed', async () => {
    const [good, other] = await Promise.all(
      ['good', 'fails-smoke'].map((scenario) => sources().checkout(repository, commits[scenario] ?? '')),
    );
    expect(good?.folder).not.toBe(other?.folder);
    expect(execFileSync('git', ['-C', good?.folder ?? '', 'rev-parse', 'HEAD'], { encoding: 'utf8' }).trim()).toBe(
      commits['good'],
    );
    expect(await readFile(path.join(good?.folder ?? '', 'Procfile'), 'utf8')).toContain('web:');
    await Promise.all([good?.close(), other?.close()]);
    await expect(readFile(path.join(good?.folder ?? '', 'Procfile'))).rejects.toMatchObject({ code: 'ENOENT' });
    await expect(sources().checkout(repository, 'd'.repeat(40))).rejects.toThrow();
  });

  it.each(['ext::sh -c true', '/etc', 'file:///etc'])('takes no source from %s', async (url) => {
    await expect(
      createGitSources(path.join(folder, 'others'), noSecrets).commit({ url, branch: 'main' }, 'd'.repeat(40)),
    ).rejects.toThrow();
  });
});
