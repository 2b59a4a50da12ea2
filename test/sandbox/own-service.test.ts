import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it } from 'vitest';
import { addRepository } from '../../sandbox/own-service.ts';

it.each([
  ['that is not there', (dir: string) => path.join(dir, 'nowhere')],
  ['that is no repository', (dir: string) => dir],
])('a folder %s is told in git’s own words for the cause', async (_what, source) => {
  const dir = await mkdtemp(path.join(tmpdir(), 'slipway-own-service-'));
  const request = { name: 'shop', source: source(dir), branch: 'main' };
  await expect(addRepository(dir, request)).rejects.toThrow(/^fatal: .*does not appear to be a git repository$/);
  await rm(dir, { recursive: true });
});
