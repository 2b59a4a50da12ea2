import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { environmentWorkflowId } from '../../contract/ids.ts';
import { startStubServer, type StubServer } from './stub-server.ts';

const environment = (place: string, operator: string): string => `
    target: { kind: cloudRun, project: example-project, region: us-central1, service: ${place} }
    approvals: { required: [{ role: release-owner }] }
    smoke: [{ name: health, path: /healthz }]
    bake: { seconds: 1 }
    operators: [${operator}]
`;
const file = (service: string, production = 'release-owner'): string => `service: ${service}
description: an example
repository: { url: https://git.example.com/${service}.git, branch: main }
owners:
  release-owner: [ann@example.com]
  other: [bob@example.com]
environments:
  staging:${environment(`${service}-staging`, 'release-owner')}
  production:${environment(service, production)}`;
const reason = ['--reason', 'the identity provider is down'];

describe('./slipway freeze --all', () => {
  let server: StubServer;
  let folder: string;
  beforeAll(async () => {
    server = await startStubServer();
    folder = await mkdtemp(path.join(tmpdir(), 'slipway-stop-line-'));
    await writeFile(path.join(folder, 'books.yaml'), file('books'));
    await writeFile(path.join(folder, 'tea.yaml'), file('tea'));
  });
  afterAll(async () => {
    await server.close();
    await rm(folder, { recursive: true });
  });

  const begun = async (service: string): Promise<boolean> =>
    server.environment.client.workflow
      .getHandle(environmentWorkflowId(service, 'production'))
      .describe()
      .then(
        () => true,
        () => false,
      );

  it('says every problem at once, and touches nothing', async () => {
    await writeFile(path.join(folder, 'wine.yaml'), file('wine', 'other'));
    await writeFile(path.join(folder, 'half.yaml'), 'service: half\n');
    const { exitCode, stderr } = await server.slipway('freeze', '--catalog', folder);
    expect(exitCode).toBe(2);
    expect(stderr).toContain('--all: must be given');
    expect(stderr).toContain('reason: ');
    expect(stderr).toContain('half.yaml:');
    expect(stderr).toContain('ann@example.com does not operate wine in production: other do');
    expect(await begun('books')).toBe(false);
    await rm(path.join(folder, 'wine.yaml'));
    await rm(path.join(folder, 'half.yaml'));
  });

  it('tells the environments of one service, each with its answer, and no other', async () => {
    await server.working(async () => {
      expect(await server.json('freeze', 'books', '--all', ...reason, '--catalog', folder)).toEqual({
        complete: true,
        environments: ['staging', 'production'].map((name) => ({
          service: 'books',
          environment: name,
          state: 'done',
          answer: 'frozen by ann@example.com for service',
        })),
        finish: null,
      });
      expect(await begun('tea')).toBe(false);
      expect(await server.slipway('freeze', 'nothing', '--all', ...reason, '--catalog', folder)).toMatchObject({
        exitCode: 2,
        stderr: expect.stringContaining('unknown service nothing; known: books, tea'),
      });
    });
  });

  it('says which stand after a failure, and the command to finish', async () => {
    await writeFile(path.join(folder, 'refusing.yaml'), file('refusing'));
    await server.working(async () => {
      const { exitCode, stdout } = await server.slipway('freeze', '--all', ...reason, '--catalog', folder);
      expect(exitCode).toBe(1);
      expect(stdout).toContain('✓ tea in production: frozen by ann@example.com for everything');
      expect(stdout).toContain('✗ refusing in staging: refused: not here');
      expect(stdout).toContain('4 of 6 environments; not refusing in staging, refusing in production');
      expect(stdout).toContain("./slipway freeze --all --reason 'the identity provider is down' --catalog");
      expect(await server.json('unfreeze', '--all', ...reason, '--catalog', folder)).toMatchObject({
        complete: false,
        finish: expect.stringContaining('./slipway unfreeze --all'),
      });
    });
    await rm(path.join(folder, 'refusing.yaml'));
  });

  it('leaves it with the server while no worker lives', async () => {
    await writeFile(path.join(folder, 'late.yaml'), file('late'));
    const sent = ['freeze', 'late', '--all', ...reason, '--catalog', folder, '--signal'];
    expect(await server.json(...sent)).toMatchObject({
      complete: true,
      environments: [{ state: 'left' }, { state: 'left' }],
    });
    await server.working(async () => {
      const shown = async () => server.json('environment', 'show', 'late', 'production');
      await expect.poll(shown, { timeout: 20_000 }).toMatchObject({ freeze: { scope: 'service' } });
    });
  });
});
