import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { createGitSources } from '../../activities/git/sources.ts';
import { repository as schema } from '../../contract/catalog/repository.ts';
import { listen, serveByHttp, serveBySsh, sshd, type SshServer } from './git-servers.ts';

const variable = 'SLIPWAY_SECRET_GIT';
const token = `t%s\\n"$HOME-${Math.random().toString(36).slice(2)}`;

/** The folder of everything, with `repos/shop.git` in it. */
let folder: string;
let commit: string;
/** What came to the server, with the machine's processes at that time. */
let requests: { authorization: string | undefined; processes: string }[];

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'slipway-private-'));
  const git = (...args: string[]) =>
    execFileSync('git', ['-C', folder, '-c', 'user.name=n', '-c', 'user.email=developer@example.com', ...args], {
      encoding: 'utf8',
    }).trim();
  git('init', '--quiet', '--initial-branch=main', 'work');
  git('-C', 'work', 'commit', '--quiet', '--allow-empty', '--message', 'A private matter');
  git('clone', '--quiet', '--bare', 'work', 'repos/shop.git');
  commit = git('-C', 'work', 'rev-parse', 'HEAD');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

let mirrors: string;
beforeEach(async () => {
  mirrors = await mkdtemp(path.join(folder, 'mirrors-'));
  requests = [];
});
afterEach(() => vi.unstubAllEnvs());

const fetchFrom = (url: string, secret: string | null, reference: object = { token: { variable } }) =>
  createGitSources(mirrors, { read: (name) => (name === variable ? secret : null) }).commit(
    schema.parse({ url, branch: 'main', ...reference }),
    commit,
  );
const found = { found: true, onBranch: true, subject: 'A private matter' };

describe('a private repository by https', () => {
  let server: Awaited<ReturnType<typeof listen>>;
  beforeAll(async () => {
    const see = ({ headers }: IncomingMessage) => {
      const processes = execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' });
      requests.push({ authorization: headers.authorization, processes });
    };
    server = await serveByHttp(path.join(folder, 'repos'), token, see);
  });
  afterAll(() => server.close());

  it('is read by the token of a variable, which gets into no list of processes and into no file', async () => {
    const stored = path.join(folder, 'stored');
    const settings = path.join(folder, 'gitconfig');
    // The machine's own helpers would store the token.
    await writeFile(settings, `[credential]\n  helper = store --file=${stored}\n`);
    vi.stubEnv('GIT_CONFIG_GLOBAL', settings);
    expect(await fetchFrom(`${server.url}/shop.git`, `${token}\n`)).toEqual(found);
    expect(requests.some(({ authorization }) => authorization !== undefined)).toBe(true);
    for (const { processes } of requests) {
      expect(processes).toContain('git');
      expect(processes).not.toContain(token);
    }
    expect(await readFile(stored, 'utf8').catch(() => 'none')).toBe('none');
    const files = (await readdir(mirrors, { recursive: true, withFileTypes: true })).filter((file) => file.isFile());
    expect(files.length).toBeGreaterThan(3);
    for (const { parentPath, name } of files)
      expect((await readFile(path.join(parentPath, name))).includes(token)).toBe(false);
  });

  it('is read as the user whom its URL names', async () => {
    const url = `${server.url.replace('://', '://robot@')}/shop.git`;
    expect(await fetchFrom(url, token)).toEqual(found);
    const users = requests.flatMap(({ authorization = '' }) => atob(authorization.split(' ')[1] ?? '').split(':')[0]);
    expect(users).toContain('robot');
  });

  it.each([
    ['without a token', null, {}, 'Denied', 'a private repository needs token'],
    ['by a wrong token', 'wrong-token', undefined, 'Denied', 'a private repository needs token'],
    ['by a worker that lacks the variable', null, undefined, 'Missing', `the worker has no variable ${variable}`],
  ])('is not read %s, and the failure says what to do', async (_how, secret, reference, type, message) => {
    const failure = await fetchFrom(`${server.url}/shop.git`, secret, reference).catch((error: unknown) => error);
    expect(failure).toMatchObject({ type, message: expect.stringContaining(message) });
    expect(JSON.stringify(failure)).not.toContain('wrong-token');
  });

  it('does not show its token to another place that the server sends git to', async () => {
    const seen: (string | undefined)[] = [];
    const other = await listen(({ headers }, response) => {
      seen.push(headers.authorization);
      response.writeHead(401, { 'www-authenticate': 'Basic realm="other"' }).end();
    });
    const sender = await listen(({ url = '' }, response) => {
      response.writeHead(302, { location: `${other.url}${url}` }).end();
    });
    await expect(fetchFrom(`${sender.url}/shop.git`, token)).rejects.toMatchObject({ type: 'Denied' });
    expect(seen.length).toBeGreaterThan(0);
    expect(seen.filter((authorization) => authorization !== undefined)).toEqual([]);
    for (const { close } of [other, sender]) close();
  });

  it('has its token out of what a server says', async () => {
    const echo = await listen(({ headers }, response) => {
      const [, encoded = ''] = (headers.authorization ?? '').split(' ');
      if (encoded === '') return void response.writeHead(401, { 'www-authenticate': 'Basic realm="git"' }).end();
      // Platform: git, pkt-line and ERR.
      const line = `ERR expired: ${atob(encoded)}\n`;
      const packet = `${(line.length + 4).toString(16).padStart(4, '0')}${line}`;
      response.setHeader('content-type', 'application/x-git-upload-pack-advertisement');
      response.end(`001e# service=git-upload-pack\n0000${packet}`);
    });
    const failure = await fetchFrom(`${echo.url}/shop.git`, 'a-token').catch((error: unknown) => error);
    expect(failure).toMatchObject({ type: 'Unavailable', message: expect.stringContaining('access-token:***') });
    expect(JSON.stringify(failure)).not.toContain('a-token');
    echo.close();
  });
});

describe('a private repository by ssh', () => {
  const reason = 'there is no sshd here; install it: apt-get install openssh-server';
  let server: SshServer | undefined;
  let keys: string;
  const keyOf = (name: string) => path.join(keys, name);

  beforeAll(async () => {
    if (sshd === undefined) return;
    keys = await mkdtemp(path.join(folder, 'keys-'));
    for (const name of ['own', 'strange'])
      execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', keyOf(name)]);
    await mkdir(path.join(folder, 'ssh'));
    server = await serveBySsh(path.join(folder, 'ssh'), sshd, await readFile(`${keyOf('own')}.pub`, 'utf8'));
  });
  afterAll(() => server?.close());

  /** Fetches as a worker does whose person has this key and knows these hosts. */
  const fetchBy = async (key: string, knownHost: string) => {
    const known = path.join(keys, `known-${key}-${knownHost.length}`);
    await writeFile(known, knownHost);
    const options = [
      '-F',
      '/dev/null',
      '-i',
      keyOf(key),
      '-o',
      'IdentitiesOnly=yes',
      '-o',
      `UserKnownHostsFile=${known}`,
    ];
    vi.stubEnv('GIT_SSH_COMMAND', ['ssh', ...options].join(' '));
    return fetchFrom(`${server?.url}${folder}/repos/shop.git`, null, {});
  };

  it("is read by the worker's own key", async ({ skip }) => {
    skip(sshd === undefined, reason);
    expect(await fetchBy('own', server?.knownHost ?? '')).toEqual(found);
  });

  it('is not read by another key', async ({ skip }) => {
    skip(sshd === undefined, reason);
    const message = expect.stringContaining('see that the key of the worker may read it');
    await expect(fetchBy('strange', server?.knownHost ?? '')).rejects.toMatchObject({ type: 'Denied', message });
  });

  it('is not read from a host that the worker does not know', async ({ skip }) => {
    skip(sshd === undefined, reason);
    const message = expect.stringContaining('ssh-keyscan');
    await expect(fetchBy('own', '')).rejects.toMatchObject({ type: 'Denied', message });
  });
});

describe('the repository of a catalog file', () => {
  const problemsOf = (value: object) =>
    (schema.safeParse({ branch: 'main', ...value }).error?.issues ?? []).map(
      ({ path: at, message }) => `${at.join('.')}: ${message}`,
    );
  it.each([
    'https://git.example.com/example/shop.git',
    'ssh://git@git.example.com:22/example/shop.git',
    'ssh://git.example.com/example/shop.git',
    'git@git.example.com:example/shop.git',
  ])('may be %s', (url) => {
    expect(problemsOf({ url })).toEqual([]);
  });

  it('may name the user of a token', () => {
    const url = 'https://robot@git.example.com:8443/example/shop@2.git';
    expect(problemsOf({ url, token: { variable } })).toEqual([]);
  });

  it.each([
    ['a password', { url: 'https://robot:secret@git.example.com/shop.git' }, /^url: must not have a password/],
    ['a user who may be a token', { url: 'https://ghp_abc123@git.example.com/shop.git' }, /^url: must not have a user/],
    ['a folder', { url: '/srv/shop.git' }, /^url: must be an http, https or ssh URL/],
    ['a program', { url: 'ext::sh -c true' }, /^url: must be/],
    ['an option of ssh', { url: 'ssh://-oProxyCommand=x/shop.git' }, /^url: must be/],
    ['a token by ssh', { url: 'git@git.example.com:shop.git', token: { variable } }, /^token: must not be there/],
    ['a token in the clear', { url: 'http://git.example.com/shop.git', token: { variable } }, /^token: must not be/],
    ['the token itself', { url: 'https://git.example.com/shop.git', token: 'secret' }, /^token: /],
    ['another variable', { url: 'https://git.example.com/shop.git', token: { variable: 'PATH' } }, /^token.variable: /],
  ])('may not have %s', (_what, value, problem) => {
    expect(problemsOf(value)).toEqual([expect.stringMatching(problem)]);
  });
});
