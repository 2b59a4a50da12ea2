import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { runSlipway } from './run-slipway.ts';
import { good } from '../catalog/good-file.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'slipway-check-'));
});
afterEach(() => rm(folder, { recursive: true }));

const provenance = `provenance:
  attestors:
    - identity: release-owner@example.com
      issuer: https://issuer.example.com
      builder: ours
      trustedRoot: { file: root.json, sha256: ${'a'.repeat(64)} }
`;
const pinning = good.replace('environments:\n', `${provenance}environments:\n`);

it('./slipway catalog check says which trusted root is not there', async () => {
  await writeFile(path.join(folder, 'example.yaml'), pinning);
  expect(await runSlipway(['catalog', 'check'], { SLIPWAY_CATALOG: folder })).toMatchObject({
    exitCode: 2,
    stdout: expect.stringContaining('trustedRoot: the catalog has no file root.json'),
  });
});
