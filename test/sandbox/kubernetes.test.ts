import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { readSandbox } from '../../sandbox/description.ts';
import type { SandboxDescription } from '../../sandbox/description.ts';
import { identify, isAlive, signal } from '../../sandbox/process-identity.ts';
import type { ProcessIdentity } from '../../sandbox/process-identity.ts';
import { down, status, up } from '../../sandbox/up.ts';
import { clusterPrograms, kubectlOf } from './cluster-programs.ts';

const waiting = { timeout: 40_000, interval: 100 };
const startsWithinMs = 180_000;

const programs = await clusterPrograms();
if (typeof programs === 'string') process.stderr.write(`a sandbox with Kubernetes is not tested: ${programs}\n`);

describe.skipIf(typeof programs === 'string')('a sandbox with Kubernetes', () => {
  let dir: string;
  let description: SandboxDescription;
  const lines: string[] = [];
  const bringUp = async (): Promise<void> => {
    const say = (line: string): void => void lines.push(line);
    ({ description } = await up({ dir, detach: true, empty: true, with: ['kubernetes'], say }));
  };
  const kubectl = (...args: string[]): Promise<string> => {
    if (!description.kubernetes) throw new Error('there is no cluster');
    return kubectlOf(description.kubernetes.kubectl, description.kubernetes.kubeconfig)(...args);
  };
  const children = async (): Promise<(ProcessIdentity & { name: string })[]> =>
    JSON.parse(await readFile(join(dir, 'processes.json'), 'utf8'));

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'slipway-kubernetes-'));
    await bringUp();
  }, startsWithinMs);
  afterAll(async () => {
    await down({ dir });
    await rm(dir, { recursive: true, force: true });
  }, startsWithinMs);

  it('describes its cluster, and reports on it', async () => {
    expect(await kubectl('--context', description.kubernetes?.context ?? '', 'get', 'namespaces')).toContain('default');
    const parts = (await status({ dir }))?.parts ?? [];
    expect(parts).toContainEqual(expect.objectContaining({ part: 'kubernetes', alive: true, answers: true }));
    expect(lines.join('\n')).toMatch(/Kubernetes API server is up at https:\/\/127\.0\.0\.1:\d+/);
  });

  it('describes the API server that took the place of a killed one', async () => {
    const before = description.kubernetes?.pid ?? 0;
    signal(before, 'SIGKILL');
    const found = await vi.waitUntil(async () => {
      const now = await readSandbox(dir);
      return now?.kubernetes && now.kubernetes.pid !== before ? now : undefined;
    }, waiting);
    expect(found.kubernetes?.server).toBe(description.kubernetes?.server);
  });

  it(
    'takes up its cluster after its supervisor was killed, and leaves nothing behind when it stops',
    async () => {
      await kubectl('create', 'namespace', 'shop');
      const supervisor = await identify(description.supervisor.pid);
      const orphans = await children();
      signal(description.supervisor.pid, 'SIGKILL');
      await vi.waitUntil(async () => supervisor && !(await isAlive(supervisor)), waiting);
      await bringUp();
      expect(await Promise.all(orphans.map(isAlive))).not.toContain(true);
      expect(await kubectl('get', 'namespace', 'shop', '--output', 'name')).toContain('shop');
      const running = await children();
      expect(running.map(({ name }) => name)).toEqual(
        expect.arrayContaining(['etcd', 'Kubernetes API server', 'Kubernetes controller manager']),
      );
      await down({ dir });
      expect(await Promise.all(running.map(isAlive))).not.toContain(true);
    },
    startsWithinMs,
  );
});
