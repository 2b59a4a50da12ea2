import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadCatalog } from '../../catalog/load.ts';

const canary = 'canary-4711';
const cloudRun = '{ kind: cloudRun, project: example-project, region: us-central1, service: example }';
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'slipway-catalog-'));
});
afterEach(() => rm(folder, { recursive: true }));

/** Answers the problems of a catalog file, with one part of it replaced or added. */
async function problemsWith({ repository = '', gate = '', environment = '', target = cloudRun }): Promise<string[]> {
  const text = `service: example
description: an example
repository: { url: ${repository || 'https://git.example.com/example.git'}, branch: main }
owners:
  release-owner: [release-owner@example.com]
environments:
  staging:
    target: ${target}
    approvals: { required: [{ role: release-owner }] }
    smoke: [{ name: health, path: /healthz${gate && `, ${gate}`} }]
    bake: { seconds: 1 }
    operators: [release-owner]
${environment && `    ${environment}\n`}`;
  await writeFile(path.join(folder, 'example.yaml'), text);
  const { problems } = await loadCatalog(folder, {});
  return problems.map((problem) => JSON.stringify(problem));
}

describe('a secret in a plain place of the catalog', () => {
  it('is what makes these files refused: without one they have no problem', async () => {
    expect(await problemsWith({})).toEqual([]);
    expect(await problemsWith({ environment: 'metrics: { url: "http://prometheus:9090/@x" }' })).toEqual([]);
  });

  it.each([
    ['the URL of the repository', { repository: `https://user:${canary}@git.example.com/x.git` }],
    ['its user, which may be a token', { repository: `https://${canary}@git.example.com/x.git` }],
    ['the address of a gate', { gate: `at: "https://user:${canary}@api.example.com", hosts: [api.example.com]` }],
    ['the address of Prometheus', { environment: `metrics: { url: "https://${canary}@prometheus.example.com" }` }],
  ])('is refused in %s, and not repeated', async (_what, part) => {
    const [problem, ...others] = await problemsWith(part);
    expect(problem).toMatch(/must not have a (user|password)/);
    expect(others).toEqual([]);
    expect(problem).not.toContain(canary);
  });

  it.each([
    'authorization',
    'Authorization',
    'proxy-authorization',
    'cookie',
    'x-agent-api-key',
    'apikey',
    'X-Auth-Token',
    'x-client-secret',
  ])('is refused as the header %s, with what to write instead', async (header) => {
    for (const value of [canary, `Bearer ${canary}`, `Bearer {run}${canary}`]) {
      const [problem, ...others] = await problemsWith({ gate: `headers: { ${header}: "${value}" }` });
      expect(problem).toContain(`headers.${header}`);
      expect(problem).toContain('write {secret: <name>}');
      expect(problem).not.toContain(canary);
      expect(others).toEqual([]);
    }
    expect(await problemsWith({ gate: `headers: { ${header}: { secret: example-key } }` })).toEqual([]);
  });

  it.each([
    ['readiness', `readiness: { path: /ready, headers: { cookie: "${canary}" } }`],
    ['a drill', `drill: { clients: { path: /stream, headers: { cookie: "${canary}" } } }`],
    ['a queue gate', `verification: [{ kind: queue, name: q, path: "/r", headers: { cookie: "${canary}" } }]`],
  ])('is refused in the headers of %s, too', async (_what, environment) => {
    expect((await problemsWith({ environment })).join()).toContain('write {secret: <name>}');
  });

  it.each(['idempotency-key: "{marker}"', 'authorization: "Bearer {session}"', 'x-user-role: admin', 'accept: a/b'])(
    'is not seen in %s',
    async (header) => {
      expect(await problemsWith({ gate: `headers: { ${header} }` })).toEqual([]);
    },
  );
});

describe('an identity token as a header', () => {
  const headers = 'headers: { authorization: { identityToken: true } }';

  it('is none of the secrets that may not stand there', async () => {
    expect(await problemsWith({ gate: headers })).toEqual([]);
    expect(
      await problemsWith({ gate: 'headers: { x: { identityToken: true, audience: "https://a.example" } }' }),
    ).toEqual([]);
    expect((await problemsWith({ gate: 'headers: { x: { identityToken: yes-please } }' })).join()).toContain(
      'identityToken',
    );
  });

  it('is refused in a cluster, which asks nobody for one', async () => {
    const target =
      '{ kind: kubernetes, context: c, namespace: n, workload: { kind: StatefulSet, name: example }, overlay: deploy, url: "https://a.example" }';
    const problems = (await problemsWith({ gate: headers, target })).join();
    expect(problems).toMatch(/environments.staging.smoke.0.headers.authorization/);
    expect(problems).toContain('asks callers for no token: write {secret: <name>}');
  });
});
