import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { MockActivityEnvironment } from '@temporalio/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
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
