import { mkdtemp, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it } from 'vitest';
import { writeSandbox } from '../../sandbox/description.ts';

it('the description of a sandbox, which has a password, is read by its owner only', async () => {
  const file = path.join(await mkdtemp(path.join(tmpdir(), 'slipway-description-')), 'sandbox.json');
  const postgres = { url: 'postgres://slipway:password@127.0.0.1:5432', pid: 1 };
  await writeSandbox(file, { dir: '/sandbox', supervisor: { pid: 1, started: 'now' }, postgres });
  expect((await stat(file)).mode & 0o777).toBe(0o600);
});
