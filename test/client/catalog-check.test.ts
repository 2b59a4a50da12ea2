import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { runSlipway } from './run-slipway.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'slipway-check-'));
});
afterEach(() => rm(folder, { recursive: true }));

const pinning = `service: example
description: an example
repository: { url: https://git.example.com/example.git, branch: main }
owners:
  release-owner: [release-owner@example.com]
provenance:
  attestors:
    - identity: release-owner@example.com
      issuer: https://issuer.example.com
      builder: ours
      trustedRoot: { file: root.json, sha256: ${'a'.repeat(64)} }
environments:
  staging:
    target: { kind: cloudRun, project: example-project, region: us-central1, service: example }
    approvals: { required: [{ role: release-owner }] }
    smoke: [{ name: health, path: /healthz }]
    bake: { seconds: 1 }
    operators: [release-owner]
`;

it('./slipway catalog check says which trusted root is not there', async () => {
  await writeFile(path.join(folder, 'example.yaml'), pinning);
  expect(await runSlipway(['catalog', 'check'], { SLIPWAY_CATALOG: folder })).toMatchObject({
    exitCode: 2,
    stdout: expect.stringContaining('trustedRoot: the catalog has no file root.json'),
  });
});
