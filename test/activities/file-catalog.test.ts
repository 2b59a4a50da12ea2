import { rm, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { MockActivityEnvironment } from '@temporalio/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createFileCatalog } from '../../activities/files/catalog.ts';
import { createResolutionActivities } from '../../activities/people/resolution.ts';
import { temporaryFolders } from '../emulator/folders.ts';

const folders = temporaryFolders();
const file = (service: string, environments = environmentOf('staging', 'example-project')) => `service: ${service}
description: an example
repository: { url: https://git.example.com/${service}.git, branch: main }
owners:
  release-owner: [release-owner@example.com]
environments:
${environments}`;

function environmentOf(name: string, project: string): string {
  return `  ${name}:
    target: { kind: cloudRun, project: "${project}", region: us-central1, service: ${name} }
    approvals: { required: [{ role: release-owner }] }
    smoke: [{ name: health, path: /healthz }]
    bake: { seconds: 1 }
    operators: [release-owner]
`;
}

describe('a run that waits for a catalog which cannot be read', () => {
  let folder: string;
  beforeEach(() => {
    folder = folders.create('catalog');
  });
  afterEach(() => rm(folder, { recursive: true }));

  const write = (name: string, text: string) => writeFile(path.join(folder, name), text);
  const failureOf = async (request: { service: string; environment: string; waits?: boolean }) => {
    const catalog = createFileCatalog(folder, {});
    const { resolve } = createResolutionActivities({ catalog, connection: {} as never });
    return new MockActivityEnvironment().run(resolve, request).then(
      () => null,
      ({ type, message }: { type: string; message: string }) => ({ type, message }),
    );
  };

  it.each([
    ['its file is half saved', 'service: shop\nenvironments: [', 'cannot be used'],
    ['its file has a mistake', file('shop').replace('seconds: 1', 'seconds: -1'), 'cannot be used'],
    [
      'its environment has a variable that is not set',
      file('shop', environmentOf('staging', '${SLIPWAY_X}')),
      'not set',
    ],
  ])('goes on waiting while %s, and another run ends', async (_why, text, message) => {
    await write('shop.yaml', text);
    const request = { service: 'shop', environment: 'staging' };
    const told = { message: expect.stringContaining(message) };
    expect(await failureOf({ ...request, waits: true })).toMatchObject({ type: 'CatalogUnread', ...told });
    expect(await failureOf(request)).toMatchObject({ type: 'InvalidInput', ...told });
  });

  it.each([
    ['a service', { service: 'shopp', environment: 'staging' }],
    ['an environment', { service: 'shop', environment: 'stagging' }],
  ])('ends where the catalog can be read and does not have %s', async (_what, request) => {
    await write('shop.yaml', file('shop'));
    expect(await failureOf({ ...request, waits: true })).toMatchObject({ type: 'InvalidInput' });
  });

  it('ends where its own file can be read, and another one cannot', async () => {
    await write('shop.yaml', file('shop'));
    await write('other.yaml', 'service: [');
    const request = { service: 'shop', environment: 'stagging', waits: true };
    expect(await failureOf(request)).toMatchObject({ type: 'InvalidInput' });
  });
});

describe('the catalog of a worker', () => {
  let folder: string;
  beforeEach(() => {
    folder = folders.create('kept');
  });
  afterEach(() => {
    vi.useRealTimers();
    return rm(folder, { recursive: true });
  });

  const write = (name: string, text: string) => writeFile(path.join(folder, name), text);
  /** Has a minute pass, so that an edit is seen by its time. */
  const wait = () => void vi.useFakeTimers({ now: Date.now() + 60_000, toFake: ['Date'] });
  const projectOf = async (catalog: ReturnType<typeof createFileCatalog>, service = 'shop') => {
    const found = await catalog.resolve(service, 'staging');
    return 'message' in found ? found.message : (found.settings.target as { project: string }).project;
  };
  const textOf = (project: string) => file('shop', environmentOf('staging', project));

  it('is read once as long as no file changes', async () => {
    await write('shop.yaml', textOf('project-1'));
    wait();
    const catalog = createFileCatalog(folder, {});
    const [first] = await catalog.places('shop');
    const [second] = await catalog.places('shop');
    expect(first?.settings).toBeDefined();
    expect(second?.settings).toBe(first?.settings);
  });

  it('has an edit count at once, of the same size and within the same second, too', async () => {
    const catalog = createFileCatalog(folder, {});
    for (const project of ['project-1', 'project-2', 'project-3']) {
      await write('shop.yaml', textOf(project));
      expect(await projectOf(catalog)).toBe(project);
    }
  });

  it('has an edit count that a file system with a clock of seconds gives the same time', async () => {
    const catalog = createFileCatalog(folder, {});
    const second = Math.floor(Date.now() / 1000);
    for (const project of ['project-1', 'project-2']) {
      await write('shop.yaml', textOf(project));
      await utimes(path.join(folder, 'shop.yaml'), second, second);
      expect(await projectOf(catalog)).toBe(project);
    }
  });

  it('has a later edit, a new file and a removed one count', async () => {
    await write('shop.yaml', textOf('project-1'));
    wait();
    const catalog = createFileCatalog(folder, {});
    expect(await projectOf(catalog)).toBe('project-1');
    // The clock of a kernel has steps of some milliseconds.
    await pause(20);
    await write('shop.yaml', textOf('project-2'));
    expect(await projectOf(catalog)).toBe('project-2');
    await write('blog.yaml', file('blog'));
    expect(await projectOf(catalog, 'blog')).toBe('example-project');
    await rm(path.join(folder, 'blog.yaml'));
    expect(await projectOf(catalog, 'blog')).toContain('unknown service blog');
  });
});
