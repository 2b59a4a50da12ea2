import { beforeAll, describe, expect, it } from 'vitest';
import { createKubernetesClients } from '../../activities/kubernetes/client.ts';
import { createPodLogs } from '../../activities/kubernetes/logs.ts';
import { createClusterSecrets } from '../../activities/kubernetes/secrets.ts';
import { clusterForFile } from '../sandbox/cluster.ts';
import { overlayKinds, recordSecrets } from './overlay-kinds.ts';
import { refusalOf } from './overlay-folder.ts';
import { ReleaseWorld, type WorkloadKind } from './release-world.ts';
import { grantedRights, openWorkerAccount, type Right, type WorkerAccount } from './worker-account.ts';

const cluster = clusterForFile();
const kinds: WorkloadKind[] = ['StatefulSet', 'Deployment', 'DaemonSet'];
const good = 'a'.repeat(40);
const bad = 'b'.repeat(40);

/** Opens a world in which the adapter has the worker's token and nothing else. */
async function openWorld(kind: WorkloadKind): Promise<{ world: ReleaseWorld; account: WorkerAccount }> {
  let account: WorkerAccount | undefined;
  const world = await ReleaseWorld.open(cluster, kind, async (namespace) => {
    account = await openWorkerAccount(cluster, namespace);
    return account.kubeconfig;
  });
  if (!account) throw new Error('no account');
  await cluster.create(...recordSecrets(world.target));
  return { world, account };
}

describe('a worker with the rights of deploy/kubernetes/rbac.yaml', () => {
  const used = new Set<Right>();

  it.each(kinds)(
    'releases, migrates, restores and reads a %s',
    async (kind) => {
      const { world, account } = await openWorld(kind);
      const { port, target } = world;
      world.others = overlayKinds(target);
      const first = world.change();
      await refusalOf(first.release(await world.artifact(bad, 'crashes')));
      expect((await first.restore()).live.exists).toBe(false);

      const artifact = await world.artifact(good);
      await world.change().release(artifact);
      const { execution, startedAt } = await world.change().migrate(artifact, ['sh', '-c', 'echo migrated']);
      const log = await port.executionLog(target, { execution, since: startedAt });
      expect(log.lines).toEqual(['migrated']);
      expect(await port.pendingWork(target)).toEqual([]);
      const checks = await port.health(target);
      expect(checks.map(({ reason }) => reason).join('; ')).not.toContain('cannot');

      const failing = world.change();
      await refusalOf(failing.release(await world.artifact(bad, 'crashes')));
      expect((await failing.restore()).problems).toEqual([]);
      world.setting = 'two';
      await world.change().release(await world.artifact('c'.repeat(40)));

      const clients = createKubernetesClients({ kubeconfig: account.kubeconfig });
      const since = new Date(0).toISOString();
      const entries = await createPodLogs(clients).read(target, { filter: 'listening', since, until: null }, 10);
      expect(entries.length).toBeGreaterThan(0);
      expect(await createClusterSecrets(clients).read(target, 'keys/KEY', 'latest')).toBe('value');
      for (const right of await account.usedRights()) used.add(right);
      clients.close();
    },
    180_000,
  );

  it('uses all of them, and no other', async () => {
    expect([...used].sort()).toEqual(await grantedRights());
  });
});

describe('a worker that lacks a right', () => {
  let world: ReleaseWorld;
  let account: WorkerAccount;

  beforeAll(async () => {
    ({ world, account } = await openWorld('StatefulSet'));
    world.replicas = 1;
    await world.change().release(await world.artifact(good));
    await world.change().migrate(await world.artifact(good), ['true']);
  }, 120_000);

  const release = async (): Promise<unknown> => world.change().release(await world.artifact(good));
  const newSetting = async (): Promise<unknown> => {
    world.setting = 'new';
    return release();
  };
  const migrate = async (): Promise<unknown> => world.change().migrate(await world.artifact(good), ['true']);
  const snapshot = (): Promise<unknown> => world.port.snapshot(world.target);
  const query = { execution: 'app-migrate-c2-a1', since: new Date(0).toISOString() };
  const readLog = (): Promise<unknown> => world.port.executionLog(world.target, query);
  const restoreStuck = async (): Promise<unknown> => {
    const change = world.change();
    await refusalOf(change.release(await world.artifact(bad, 'crashes')));
    return change.restore();
  };
  const drill = async (): Promise<unknown> => (await world.change().replacement()).replace();
  const attempts: [right: Right, attempt: () => Promise<unknown>][] = [
    ['get apps/statefulsets', snapshot],
    ['list apps/controllerrevisions', snapshot],
    ['list pods', snapshot],
    ['patch apps/statefulsets', release],
    ['list autoscaling/horizontalpodautoscalers', release],
    ['get configmaps', release],
    ['patch configmaps', release],
    ['create configmaps', newSetting],
    ['create secrets', release],
    ['list secrets', release],
    ['delete secrets', release],
    ['get secrets', release],
    ['list apps/statefulsets', release],
    ['watch apps/statefulsets', release],
    ['watch apps/controllerrevisions', release],
    ['watch pods', release],
    ['get batch/jobs', migrate],
    ['create batch/jobs', migrate],
    ['patch batch/jobs', migrate],
    ['list batch/jobs', migrate],
    ['watch batch/jobs', migrate],
    ['get pods/log', readLog],
    ['delete pods', drill],
    ['delete pods', restoreStuck],
  ];

  it.each(attempts)(
    'to %s is told so, with verb and resource, and its run does not repeat it',
    async (right, attempt) => {
      await account.giveBack();
      await account.withdraw(right);
      const [verb, resource] = right.split(' ');
      const name = resource?.startsWith('pods/') ? resource : resource?.split('/').at(-1);
      const refusal = await refusalOf(attempt());
      expect(refusal).toMatchObject({ type: 'Denied', nonRetryable: true });
      expect(refusal.message).toContain(`cannot ${verb} resource "${name}"`);
    },
  );

  it.each(['list pods', 'list autoscaling/horizontalpodautoscalers', 'list batch/jobs'] as Right[])(
    'to %s has a daily check that says so, and the others stay',
    async (right) => {
      await account.giveBack();
      await account.withdraw(right);
      const checks = await world.port.health(world.target);
      const [verb, resource] = right.split(' ');
      const cannot = `cannot ${verb} resource "${resource?.split('/').at(-1)}"`;
      const blind = checks.filter(({ reason }) => reason.includes(cannot));
      expect(blind.length).toBeGreaterThan(0);
      expect(blind.every(({ verdict }) => verdict === 'inconclusive')).toBe(true);
      expect(checks.length).toBeGreaterThan(blind.length);
    },
  );

  it('to list events says all the same why its pods cannot start', async () => {
    const { world: other, account: blind } = await openWorld('Deployment');
    await blind.withdraw('list events');
    const refusal = await refusalOf(other.change().release(await other.artifact(bad, 'crashes')));
    expect(refusal).toMatchObject({ type: 'GateFailed', message: expect.stringContaining('crashes again and again') });
  });

  it('to delete the workload of its failed first release is told so', async () => {
    const { world: empty, account: other } = await openWorld('Deployment');
    const change = empty.change();
    await refusalOf(change.release(await empty.artifact(bad, 'crashes')));
    await other.withdraw('delete apps/deployments');
    const refusal = await refusalOf(change.restore());
    expect(refusal).toMatchObject({ type: 'Denied' });
    expect(refusal.message).toContain('cannot delete resource "deployments"');
  });
});
