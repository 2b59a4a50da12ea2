import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { startControlPlane } from '../../sandbox/kubernetes/control-plane.ts';
import type { ControlPlane } from '../../sandbox/kubernetes/control-plane.ts';
import { identify, isAlive, signal } from '../../sandbox/process-identity.ts';
import { applyWith, auditEvents, clusterPrograms, kubectlOf } from './cluster-programs.ts';

const waiting = { timeout: 40_000, interval: 100 };
const startsWithinMs = 120_000;

const programs = await clusterPrograms();
if (typeof programs === 'string') process.stderr.write(`the control plane is not tested: ${programs}\n`);

const shop = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'shop' },
  spec: {
    replicas: 2,
    selector: { matchLabels: { app: 'shop' } },
    template: {
      metadata: { labels: { app: 'shop' } },
      spec: { containers: [{ name: 'shop', image: 'registry.example/shop:1' }] },
    },
  },
};

describe.skipIf(typeof programs === 'string')('a control plane of Kubernetes', () => {
  if (typeof programs === 'string') return;
  let folder: string;
  let plane: ControlPlane;
  let kubectl: (...args: string[]) => Promise<string>;
  const start = () => startControlPlane({ folder, programs, say: () => {} });
  const apply = (...objects: object[]) => applyWith(programs.kubectl, plane.kubeconfig, ...objects);
  const names = async (kind: string): Promise<string[]> =>
    (await kubectl('get', kind, '--selector', 'app=shop', '--output', 'name')).split('\n').filter(Boolean);

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'slipway-cluster-'));
    plane = await start();
    kubectl = kubectlOf(programs.kubectl, plane.kubeconfig);
  }, startsWithinMs);
  afterAll(async () => {
    await plane?.stop();
    await rm(folder, { recursive: true, force: true });
  }, startsWithinMs);

  it('is of the version that its kubectl has', async () => {
    const { clientVersion, serverVersion } = JSON.parse(await kubectl('version', '--output', 'json'));
    expect(serverVersion.gitVersion).toMatch(/^v1\.36\.\d+$/);
    expect(clientVersion.gitVersion).toBe(serverVersion.gitVersion);
  });

  it('makes a ReplicaSet and pods of a Deployment, and writes who did what into the audit log', async () => {
    await apply(shop);
    await vi.waitUntil(async () => (await names('pods')).length === 2, waiting);
    const [replicaSet, ...others] = await names('replicasets');
    expect(others).toEqual([]);
    const writes = (await auditEvents(plane.auditLog)).filter(({ responseStatus }) => responseStatus?.code === 201);
    const byWhom = writes.map(({ user, objectRef }) => `${user.username} ${objectRef?.resource}`);
    expect(byWhom).toContain('admin deployments');
    expect(byWhom).toContain('system:serviceaccount:kube-system:deployment-controller replicasets');
    expect(byWhom).toContain('system:serviceaccount:kube-system:replicaset-controller pods');
    const applied = writes.find(({ objectRef }) => objectRef?.resource === 'deployments');
    expect(applied).toMatchObject({ requestObject: { spec: { replicas: 2 } } });
    expect(replicaSet).toMatch(/^replicaset\.apps\/shop-/);
  });

  it('keeps the content of secrets out of the audit log', async () => {
    await kubectl('create', 'secret', 'generic', 'database', '--from-literal', 'password=very-secret');
    const event = await vi.waitUntil(
      async () => (await auditEvents(plane.auditLog)).find(({ objectRef }) => objectRef?.resource === 'secrets'),
      waiting,
    );
    expect([event.requestObject, event.responseObject]).toEqual([undefined, undefined]);
  });

  it('lets a service account do what its role says, and no more', async () => {
    await kubectl('create', 'serviceaccount', 'reader');
    await kubectl('create', 'role', 'reader', '--verb=get,list', '--resource=deployments.apps');
    await kubectl('create', 'rolebinding', 'reader', '--role=reader', '--serviceaccount=default:reader');
    const token = (await kubectl('create', 'token', 'reader')).trim();
    const ask = (...args: string[]) =>
      kubectl('--kubeconfig', '/dev/null', '--server', plane.server, '--token', token, ...trust, ...args);
    const trust = ['--certificate-authority', plane.node.authority];
    expect(await ask('get', 'deployment', 'shop', '--output', 'name')).toContain('shop');
    await expect(ask('delete', 'deployment', 'shop')).rejects.toThrow(
      /"system:serviceaccount:default:reader" cannot delete resource "deployments"/,
    );
  });

  it('gives Services addresses of the loopback device', async () => {
    await kubectl('create', 'service', 'clusterip', 'shop', '--tcp=80:8080');
    const address = await kubectl('get', 'service', 'shop', '--output', 'jsonpath={.spec.clusterIP}');
    expect(address).toMatch(/^127\./);
    expect(address.split('.').slice(0, 2)).toEqual(plane.serviceNetwork.split('.').slice(0, 2));
  });

  it('has its API server back at the same address when that was killed', async () => {
    const killed = await identify(plane.pids().apiServer ?? 0);
    if (!killed) throw new Error('the API server does not run');
    signal(killed.pid, 'SIGKILL');
    await vi.waitUntil(async () => !(await isAlive(killed)), waiting);
    await vi.waitFor(async () => expect(await names('pods')).toHaveLength(2), waiting);
    expect(plane.pids().apiServer).not.toBe(killed.pid);
  }, 60_000);

  it(
    'has its state and its addresses again after a stop, and controllers that go on',
    async () => {
      const { server } = plane;
      await plane.stop();
      await expect(kubectl('get', 'pods')).rejects.toThrow(/refused/);
      plane = await start();
      expect(plane.server).toBe(server);
      await kubectl('scale', 'deployment', 'shop', '--replicas=3');
      await vi.waitUntil(async () => (await names('pods')).length === 3, waiting);
    },
    startsWithinMs,
  );
});
