import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { serviceNetworkOf } from '../../sandbox/kubernetes/service-network.ts';

let folder = '';
beforeAll(async () => void (folder = await mkdtemp(path.join(tmpdir(), 'slipway-networks-'))));
afterAll(() => rm(folder, { recursive: true, force: true }));

it('gives no two clusters the same network', async () => {
  const files = Array.from({ length: 30 }, (_, index) => path.join(folder, `${index}.json`));
  const networks = await Promise.all(files.map(serviceNetworkOf));
  expect(new Set(networks).size).toBe(files.length);
});

it('keeps the network of a cluster that starts again', async () => {
  const file = path.join(folder, 'again.json');
  expect(await serviceNetworkOf(file)).toBe(await serviceNetworkOf(file));
});
