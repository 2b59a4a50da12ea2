import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmod, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { obtainGo } from '../../sandbox/servers/go/toolchain.ts';
import type { ToolchainPin } from '../../sandbox/servers/go/pin.ts';
import { serveModules, zipOf } from './module-proxy.ts';
import type { ModuleProxy } from './module-proxy.ts';

const run = promisify(execFile);
const platforms = ['linux-amd64', 'linux-arm64', 'darwin-amd64', 'darwin-arm64'];

/** Computes the hash by the words of Go's own document: a SHA-256 of the lines that sha256sum writes. */
const hashOf = (files: Record<string, string>): string => {
  const lines = Object.entries(files)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, text]) => `${createHash('sha256').update(text).digest('hex')}  ${name}\n`);
  return `h1:${createHash('sha256').update(lines.join('')).digest('base64')}`;
};

const moduleOf = (platform: string) => `v0.0.1-go9.1.2.${platform}`;
const filesOf = (platform: string): Record<string, string> => {
  const prefix = `golang.org/toolchain@${moduleOf(platform)}`;
  return {
    [`${prefix}/bin/go`]: '#!/bin/sh\necho "go version go9.1.2 fetched"\n',
    [`${prefix}/src/_go.mod`]: 'module std\n',
    [`${prefix}/VERSION`]: 'go9.1.2',
  };
};

let folder: string;
let proxy: ModuleProxy;
const pin: ToolchainPin = {
  version: '9.1.2',
  hashes: Object.fromEntries(platforms.map((platform) => [platform, hashOf(filesOf(platform))])),
};
const say = (): void => {};

const installGo = async (version: string): Promise<string> => {
  const file = join(folder, 'go');
  await writeFile(file, `#!/bin/sh\necho "go version go${version} linux/amd64"\n`);
  await chmod(file, 0o755);
  return file;
};

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'slipway-go-'));
  const archives = platforms.map((platform): [string, Buffer] => [
    `/golang.org/toolchain/@v/${moduleOf(platform)}.zip`,
    zipOf(filesOf(platform)),
  ]);
  proxy = await serveModules(Object.fromEntries(archives));
  vi.stubEnv('XDG_CACHE_HOME', join(folder, 'cache'));
  vi.stubEnv('PATH', `${folder}:/bin`);
  vi.stubEnv('GOPROXY', proxy.url);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  proxy.close();
  await rm(folder, { recursive: true, force: true });
});

describe('a machine without Go', () => {
  it('gets the pinned one from the module proxy, once, ready to run', async () => {
    const go = await obtainGo('9.0', say, pin);
    expect((await run(go, ['version'])).stdout).toBe('go version go9.1.2 fetched\n');
    expect(await readFile(join(dirname(go), '..', 'src', 'go.mod'), 'utf8')).toBe('module std\n');
    expect(await obtainGo('9.0', say, pin)).toBe(go);
    expect(proxy.asked).toHaveLength(1);
  });

  it('asks the next proxy where the first has it not', async () => {
    const other = await serveModules({});
    vi.stubEnv('GOPROXY', `${other.url},${proxy.url},direct`);
    await obtainGo('9.0', say, pin);
    expect([other.asked.length, proxy.asked.length]).toEqual([1, 1]);
    other.close();
  });

  it('refuses an archive whose content has another hash, and keeps nothing of it', async () => {
    const hashes = Object.fromEntries(platforms.map((platform) => [platform, 'h1:another=']));
    await expect(obtainGo('9.0', say, { ...pin, hashes })).rejects.toThrow(/hash h1:\S+, and h1:another= is expected/);
    expect(await readdir(join(folder, 'cache', 'slipway'))).toEqual([]);
  });

  it('refuses a file that would be written outside of its folder', async () => {
    const files = { [`golang.org/toolchain@${moduleOf('x')}/../../bin/go`]: 'x' };
    const evil = await serveModules(
      Object.fromEntries(
        platforms.map((platform) => [`/golang.org/toolchain/@v/${moduleOf(platform)}.zip`, zipOf(files)]),
      ),
    );
    vi.stubEnv('GOPROXY', evil.url);
    const hashes = Object.fromEntries(platforms.map((platform) => [platform, hashOf(files)]));
    await expect(obtainGo('9.0', say, { ...pin, hashes })).rejects.toThrow(/it has a file .*\.\./);
    evil.close();
  });

  it('is told why when no proxy has it', async () => {
    vi.stubEnv('GOPROXY', 'off');
    await expect(obtainGo('9.0', say, pin)).rejects.toThrow(/no Go 9.0 or later.*GOPROXY names no module proxy/);
  });
});

describe('a machine with Go', () => {
  it('uses its own where that is not older than asked', async () => {
    const own = await installGo('9.0.1');
    expect(await obtainGo('9.0', say, pin)).toBe(own);
    expect(proxy.asked).toEqual([]);
  });

  it('gets the pinned one where its own is too old', async () => {
    const old = await installGo('8.9.1');
    expect(await obtainGo('9.0', say, pin)).not.toBe(old);
  });
});
