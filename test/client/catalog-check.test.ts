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

it('./slipway catalog check warns of paths that Google answers itself, but not at another address', async () => {
  const gates = [
    '- { name: eventlog, path: "/eventlog?a=1" }',
    '- { name: started, path: /_ah/start }',
    '- { name: ready, path: /readyz }',
    '- { name: own, path: /healthz, at: "https://api.example.com", hosts: [api.example.com] }',
    '- { name: other, path: /healthz/ }',
  ];
  const smoke = /smoke: \[(.*)\]/;
  const text = good.replace(smoke, (_all, health) => ['smoke:', ...gates, `- ${health}`].join('\n      '));
  await writeFile(path.join(folder, 'example.yaml'), text);
  const { exitCode, stdout } = await runSlipway(['catalog', 'check', '--json'], { SLIPWAY_CATALOG: folder });
  const { warnings, problems } = JSON.parse(stdout) as Record<string, { path: string; message: string }[]>;
  expect({ exitCode, problems }).toEqual({ exitCode: 0, problems: [] });
  const keeps = /^Google's front end keeps some paths that end in z/;
  const answers = /^Google's front end answers \S+ of a run\.app address itself, with 404/;
  expect(warnings).toMatchObject(
    [answers, answers, keeps, answers].map((message) => ({ message: expect.stringMatching(message) as string })),
  );
  expect(warnings?.map(({ path: where }) => where.replace(/.*smoke/, 'smoke'))).toEqual(
    [0, 1, 2, 5].map((index) => `smoke.${index}.path`),
  );
});

it('./slipway catalog check has nothing to warn of in the catalogs that come with it', async () => {
  for (const catalog of ['catalog', 'catalog/examples']) {
    const { stdout } = await runSlipway(['catalog', 'check', '--json'], { SLIPWAY_CATALOG: path.resolve(catalog) });
    expect(JSON.parse(stdout)).toMatchObject({ warnings: [] });
  }
});
