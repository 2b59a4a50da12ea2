import { describe, expect, it } from 'vitest';
import type { DrillResult } from '../../contract/drill.ts';
import { auditEvents } from '../sandbox/cluster-programs.ts';
import { clusterForFile } from '../sandbox/cluster.ts';
import { eventually } from '../until.ts';
import { drillOf, release, rollBack } from '../workflows/runs.ts';
import { openHarness } from '../workflows/stage.ts';
import { commits } from '../workflows/world.ts';
import { ClusterWorld } from './cluster-world.ts';
import { refusalOf } from './overlay-folder.ts';
import { ReleaseWorld, type WorkloadKind } from './release-world.ts';

const cluster = clusterForFile();
const harness = openHarness();
const kinds: WorkloadKind[] = ['StatefulSet', 'Deployment', 'DaemonSet'];

/** What a restart must leave as it is: the template, and the revisions that there are. */
async function templateOf(world: ReleaseWorld, kind: WorkloadKind): Promise<string[]> {
  const history = kind === 'Deployment' ? 'replicasets' : 'controllerrevisions';
  const revisions = await world.value(history, '{.items[*].metadata.name}');
  return [await world.value(`${kind}/app`, '{.spec.template}'), revisions];
}

/** Answers how often a worker has deleted each pod of a namespace, by the API server's own record. */
async function deletions(world: ReleaseWorld): Promise<Record<string, number>> {
  const events = await auditEvents(cluster.controlPlane.auditLog);
  const names = events
    .filter(({ verb, objectRef, userAgent }) => {
      const isOurs = objectRef?.namespace === world.target.namespace && userAgent?.startsWith('slipway');
      return isOurs && verb === 'delete' && objectRef?.resource === 'pods';
    })
    .map(({ objectRef }) => objectRef?.name ?? '');
  return Object.fromEntries(names.map((name) => [name, names.filter((one) => one === name).length]));
}

describe.each(kinds)('a restart of a %s, pod by pod,', (kind) => {
  it('replaces every pod and leaves the revision as it is', async () => {
    const world = await ReleaseWorld.open(cluster, kind);
    const revision = await world.change().release(await world.artifact('a'.repeat(40)));
    const before = await templateOf(world, kind);
    const { instances, replace } = await world.change().replacement();
    await replace();
    const after = await world.pods.list(world.target);
    expect(after).toHaveLength(instances.length);
    expect(after.filter(({ id }) => instances.some((one) => one.id === id))).toEqual([]);
    expect(await templateOf(world, kind)).toEqual(before);
    const { live } = await world.port.snapshot(world.target);
    expect(live.serving).toMatchObject([{ revision, percent: 100 }]);
    // Once more, by the worker that comes after one that died: there is nothing left to end.
    await replace();
    expect(await world.pods.list(world.target)).toEqual(after);
  });

  it('whose worker dies in the middle goes on, and no pod is deleted twice', async () => {
    const world = await ReleaseWorld.open(cluster, kind);
    await world.change().release(await world.artifact('a'.repeat(40)));
    const { instances, replace } = await world.change().replacement();
    const dead = new AbortController();
    const first = replace(dead.signal);
    await eventually('the first deletion', async () => {
      const left = await world.pods.list(world.target);
      return !instances.every(({ id }) => left.some((one) => one.id === id));
    });
    dead.abort(new Error('the worker is gone'));
    await expect(first).rejects.toThrow('the worker is gone');
    await replace();
    const left = await world.pods.list(world.target);
    expect(left.filter(({ id }) => instances.some((one) => one.id === id))).toEqual([]);
    expect(await deletions(world)).toEqual(Object.fromEntries(instances.map(({ name }) => [name, 1])));
  });
});

describe('a restart', () => {
  it('is not made by a holder that a newer one has fenced off', async () => {
    const world = await ReleaseWorld.open(cluster, 'StatefulSet');
    await world.change().release(await world.artifact('a'.repeat(40)));
    const old = world.change();
    const { instances, replace } = await old.replacement();
    await world.change().release(await world.artifact('b'.repeat(40)));
    expect(await refusalOf(replace())).toMatchObject({ type: 'StaleFence' });
    expect(await deletions(world)).toEqual({});
    expect(instances).toHaveLength(2);
  });
});

/** The whole drill, by the worker's own adapter, while clients stream against the Service (runbook 001, section 8). */
describe('a drill on a cluster', () => {
  it('is survived by the clients, and neither drift nor a new revision is left', async () => {
    const world = await ClusterWorld.open(cluster);
    await harness.with(world, async (start) => {
      const before = await world.release.value('statefulset/app', '{.status.updateRevision}');
      const { revision } = await release(start, world);
      const run = await start('drill', drillOf(world));
      const { parts } = (await run.result()) as unknown as DrillResult;
      expect(parts.map(({ part, verdict }) => [part, verdict])).toEqual([
        ['deletePod', 'pass'],
        ['restart', 'pass'],
        ['breakConnections', 'pass'],
      ]);
      const [, restart, broken] = parts;
      expect(restart?.ended).toEqual(['app-1', 'app-0']);
      // Every client was connected to a pod that has gone since.
      for (const client of restart?.during ?? []) expect(client.losses).toBeGreaterThan(0);
      for (const client of broken?.during ?? []) expect(client).toMatchObject({ losses: 1, isConnected: true });
      expect(await world.release.value('statefulset/app', '{.status.updateRevision}')).toBe(revision);
      const drift = await start('checkDrift', { service: world.service });
      expect(await drift.result()).toMatchObject({ outcome: 'no drift in 1 environment' });
      const { runs } = await harness.environmentStatus(world);
      expect(runs).toMatchObject({ revision, commit: commits.good });
      expect(await rollBack(start, world)).toMatchObject({ revision: before });
    });
  });
});
