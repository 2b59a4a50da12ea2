import { existsSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { commandsWith } from '../commands-with.ts';
import type { ProgramEnd } from '../../activities/ports/programs.ts';
import { obstacleToConfinement } from '../../activities/programs/bubblewrap.ts';
import { createPrograms } from '../../activities/programs/index.ts';
import { hasMetadataServer } from '../../activities/programs/metadata-server.ts';

const obstacle = await obstacleToConfinement();
const title = 'a program of a commit on a worker with credentials';
if (obstacle !== null) console.warn(`${title} was not tested: ${obstacle}`);

let folder: string;
let mirror: string;
let workerHome: string;
beforeAll(async () => {
  [folder, mirror, workerHome] = (await Promise.all(
    ['checkout', 'mirror', 'worker-home'].map((name) => mkdtemp(path.join(tmpdir(), `slipway-${name}-`))),
  )) as [string, string, string];
  await writeFile(path.join(workerHome, 'credentials.json'), 'canary');
  await writeFile(path.join(mirror, 'object'), 'an object');
});
afterAll(() => Promise.all([folder, mirror, workerHome].map((each) => rm(each, { recursive: true }))));

const machine = { obstacle: obstacleToConfinement, hasMetadataServer: async () => false };

/** Runs a script of Node, which prints what it found as JSON. */
async function run(
  script: string,
  {
    offline = false,
    variables = {},
    ...options
  }: Partial<Parameters<typeof createPrograms>[0]> & { offline?: boolean; variables?: Record<string, string> } = {},
): Promise<{ end: ProgramEnd; found: unknown }> {
  const end = await createPrograms({ hasCredentials: true, machine, ...options }).runConfined({
    command: ['node', '-e', `const fs = require('fs'); ${script}`],
    cwd: folder,
    folders: { folder, mirror },
    offline,
    variables: { GREETING: 'hello', ...variables },
    timeoutMs: 30_000,
    signal: new AbortController().signal,
  });
  return { end, found: end.code === 0 ? JSON.parse(end.output.trim().split('\n').at(-1) ?? '') : null };
}

const print = (expression: string): string => `console.log(JSON.stringify(${expression}))`;
const readable = (file: string): string =>
  `(() => { try { return fs.readFileSync(${JSON.stringify(file)}, 'utf8') } catch { return null } })()`;

describe.skipIf(obstacle !== null)(obstacle === null ? title : `${title}: ${obstacle}`, () => {
  it('has an empty home of its own, and none of the files of the worker', async () => {
    const files = [path.join(workerHome, 'credentials.json'), '/root/.bashrc', '/etc/shadow', import.meta.filename];
    const { found } = await run(print(`[fs.readdirSync(process.env.HOME), ${files.map(readable).join()}]`));
    expect(found).toEqual([[], null, null, null, null]);
  });

  it('reads what is in the folders that the catalog names in a search path, and in no other', async () => {
    const credentials = readable(path.join(workerHome, 'credentials.json'));
    const script = print(`[fs.readFileSync(process.env.NODE_PATH + '/object', 'utf8'), ${credentials}]`);
    const elsewhere = await mkdtemp(path.join(tmpdir(), 'slipway-packages-'));
    await writeFile(path.join(elsewhere, 'object'), 'a package');
    const { found } = await run(script, { variables: { NODE_PATH: elsewhere } });
    await rm(elsewhere, { recursive: true });
    expect(found).toEqual(['a package', null]);
  });

  it('sees no variable and no process of the worker', async () => {
    process.env['SLIPWAY_TEST_CREDENTIAL'] = 'canary';
    const { found } = await run(
      print(
        `[process.env.GREETING, process.env.SLIPWAY_TEST_CREDENTIAL, fs.readdirSync('/proc')` +
          `.filter((name) => /^\\d+$/.test(name)).map((pid) => fs.readFileSync('/proc/' + pid + '/environ', 'utf8'))` +
          `.filter((text) => text.includes('SLIPWAY_TEST_CREDENTIAL'))]`,
      ),
    );
    delete process.env['SLIPWAY_TEST_CREDENTIAL'];
    expect(found).toEqual(['hello', null, []]);
  });

  it('writes its checkout and its home, and reads the mirror; everything else stays as it is', async () => {
    const write = (file: string): string =>
      `(() => { try { fs.writeFileSync(${file}, ''); return true } catch { return false } })()`;
    const places = [
      '"made"',
      'process.env.HOME + "/made"',
      JSON.stringify(path.join(mirror, 'made')),
      '"/usr/bin/made"',
    ];
    const { found } = await run(
      print(`[process.env.HOME, ${places.map(write).join()}, ${readable(path.join(mirror, 'object'))}]`),
    );
    const [home = '', ...others] = found as [string, ...unknown[]];
    expect(others).toEqual([true, true, false, false, 'an object']);
    expect(await readdir(folder)).toEqual(['made']);
    expect(existsSync(home)).toBe(false);
  });

  it('leaves no process, not even one that left its group', async () => {
    const { found } = await run(
      `const child = require('child_process').spawn('sleep', ['34567'], { detached: true, stdio: 'ignore' });` +
        `child.unref(); ${print('child.pid > 0')}; process.exit(0)`,
    );
    expect(found).toBe(true);
    expect(await commandsWith('34567')).toEqual([]);
  });

  it('that is offline reaches its own loopback, and not that of the worker', async () => {
    const server: Server = createServer((_request, response) => response.end('the worker'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const ask =
      `const own = require('http').createServer((_, answer) => answer.end('own'));` +
      `own.listen(0, '127.0.0.1', async () => {` +
      `const text = (port) => fetch('http://127.0.0.1:' + port).then((one) => one.text(), () => null);` +
      `${print(`[await text(own.address().port), await text(${port})]`)}; process.exit(0) })`;
    expect((await run(ask, { offline: true })).found).toEqual(['own', null]);
    expect((await run(ask)).found).toEqual(['own', 'the worker']);
    server.close();
  });

  it('that does not exist is named as without confinement', async () => {
    const end = await createPrograms({ hasCredentials: true, machine }).runConfined({
      ...{ command: ['no-such-program'], cwd: folder, folders: { folder, mirror }, offline: true, variables: {} },
      ...{ timeoutMs: 30_000, signal: new AbortController().signal },
    });
    expect(end).toMatchObject({ code: null, missing: expect.stringMatching(/no-such-program: No such file/) });
  });
});

describe('a program of a commit', () => {
  const without = { ...machine, obstacle: async () => 'bubblewrap is not installed on the machine of the worker' };

  it('does not run where the worker has credentials and cannot confine it; what to install is said', async () => {
    await expect(run(print('1'), { machine: without })).rejects.toMatchObject({
      type: 'Missing',
      nonRetryable: true,
      message: expect.stringMatching(/not installed.*apt-get install bubblewrap.*checklist\.github/),
    });
  });

  it('runs in an empty home where the worker has no credentials', async () => {
    const { found } = await run(print('[fs.readdirSync(process.env.HOME), process.env.GREETING]'), {
      hasCredentials: false,
      machine: without,
    });
    expect(found).toEqual([[], 'hello']);
  });

  it('with a network does not run beside a metadata server; one that is offline does', async () => {
    const beside = { obstacle: async () => null, hasMetadataServer: async () => true };
    await expect(run(print('1'), { machine: beside })).rejects.toMatchObject({
      type: 'Missing',
      message: expect.stringMatching(/metadata server.*offline: true/),
    });
    if (obstacle === null) expect((await run(print('1'), { machine: beside, offline: true })).found).toBe(1);
  });
});

describe('a metadata server', () => {
  it('is found where something answers at its address', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const address = { host: '127.0.0.1', port: (server.address() as AddressInfo).port };
    expect(await hasMetadataServer(address)).toBe(true);
    server.close();
    expect(await hasMetadataServer(address)).toBe(false);
  });
});
