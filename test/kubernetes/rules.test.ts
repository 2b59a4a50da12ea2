import { rm } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { clusterForFile } from '../sandbox/cluster.ts';
import { eventually } from '../until.ts';
import { refusalOf } from './overlay-folder.ts';
import { ReleaseWorld } from './release-world.ts';

const cluster = clusterForFile();

describe('writes to a workload', () => {
  it('are refused behind the fence of a later change, and change nothing (invariant I3)', async () => {
    const world = await ReleaseWorld.open(cluster, 'StatefulSet');
    const [first, second] = [await world.artifact('a'.repeat(40)), await world.artifact('b'.repeat(40))];
    const former = world.change();
    await former.release(first);
    await world.change().release(second);
    const generation = await world.value('statefulset/app', '{.metadata.generation}');
    expect(await refusalOf(former.restore())).toMatchObject({ type: 'StaleFence' });
    expect(await world.value('statefulset/app', '{.metadata.generation}')).toBe(generation);
  });

  it('repeated by another worker are made once (invariant I1)', async () => {
    const world = await ReleaseWorld.open(cluster, 'Deployment');
    await world.change().release(await world.artifact('a'.repeat(40)));
    const change = world.change();
    const { shift } = await change.stageRelease(await world.artifact('b'.repeat(40)));
    const [one, other] = await Promise.all([shift(), shift()]);
    expect(one).toEqual(other);
    expect((await world.value('replicasets', '{.items[*].metadata.name}')).split(' ')).toHaveLength(2);
  });

  it('are refused where somebody changed the template by hand in between', async () => {
    const world = await ReleaseWorld.open(cluster, 'StatefulSet');
    await world.change().release(await world.artifact('a'.repeat(40)));
    const { shift } = await world.change().stageRelease(await world.artifact('b'.repeat(40)));
    await world.kubectl('set', 'env', 'statefulset/app', 'BY_HAND=1');
    expect(await refusalOf(shift())).toMatchObject({ type: 'Drifted' });
    expect(await world.value('statefulset/app', '{.spec.template.spec.containers[0].env[*].name}')).toContain(
      'BY_HAND',
    );
  });

  it('leave the number of replicas to an autoscaler: seven stay seven', async () => {
    const world = await ReleaseWorld.open(cluster, 'Deployment');
    await world.change().release(await world.artifact('a'.repeat(40)));
    await world.kubectl('autoscale', 'deployment/app', '--min=1', '--max=9', '--cpu-percent=50');
    await world.kubectl('scale', 'deployment/app', '--replicas=7');
    const change = world.change();
    await change.release(await world.artifact('b'.repeat(40)));
    expect(await world.value('deployment/app', '{.spec.replicas}')).toBe('7');
    await change.restore();
    expect(await world.value('deployment/app', '{.spec.replicas}')).toBe('7');
  });

  it('do not return to the bad revision when a rollback follows a rollback', async () => {
    const world = await ReleaseWorld.open(cluster, 'StatefulSet');
    const good = await world.artifact('a'.repeat(40));
    const old = await world.change().release(good);
    const bad = world.change();
    await bad.release(await world.artifact('b'.repeat(40)));
    const goal = bad.snapshot;
    if (!goal) throw new Error('no snapshot');
    await world.change().restore(goal);
    const { live } = await world.change().restore(goal);
    expect(live.serving).toMatchObject([{ revision: old, digest: good.digest }]);
  });

  it('go through where a disruption budget lets no pod go, which their own pods count against (fact 26)', async () => {
    const world = await ReleaseWorld.open(cluster, 'StatefulSet');
    const selector = { matchLabels: { app: 'app' } };
    const metadata = { name: 'app' };
    world.others = [
      { apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', metadata, spec: { minAvailable: 2, selector } },
    ];
    const healthy = (count: string) =>
      eventually(`${count} healthy pods`, async () => {
        const counts = await world.value('pdb/app', '{.status.currentHealthy} {.status.disruptionsAllowed}');
        return counts === `${count} 0`;
      });
    await world.change().release(await world.artifact('a'.repeat(40)));
    await healthy('2');
    const good = await world.change().release(await world.artifact('b'.repeat(40)));
    const bad = world.change();
    await refusalOf(bad.release(await world.artifact('c'.repeat(40), 'crashes')));
    await healthy('1');
    expect((await bad.restore()).live.serving).toMatchObject([{ revision: good, percent: 100 }]);
  });

  it('leave the pods alone where a change is taken back before anything was rolled out (fact 42)', async () => {
    const world = await ReleaseWorld.open(cluster, 'Deployment');
    await world.change().release(await world.artifact('a'.repeat(40)));
    const before = await world.pods.list(world.target);
    const change = world.change();
    await change.stageRelease(await world.artifact('b'.repeat(40)));
    expect((await change.restore()).problems).toEqual([]);
    expect(await world.pods.list(world.target)).toEqual(before);
    expect(await world.value('deployment/app', '{.spec.replicas}')).toBe('2');
  });

  it('leave a state to which a person can apply the overlay by kubectl, and then we again', async () => {
    const world = await ReleaseWorld.open(cluster, 'StatefulSet');
    const change = world.change();
    const artifact = await world.artifact('a'.repeat(40));
    await change.release(artifact);
    const folder = await world.overlayFolder();
    const overlay = path.join(folder, 'overlay');
    const rendered = await world.kubectl('kustomize', overlay);
    expect(rendered.code).toBe(0);
    const applied = await world.kubectl('apply', '--dry-run=server', '-k', overlay);
    expect(applied).toMatchObject({ code: 0 });
    await rm(folder, { recursive: true });
    await world.change().release(await world.artifact('b'.repeat(40)));
  });
});
