import { describe, expect, it } from 'vitest';
import { clusterForFile } from '../sandbox/cluster.ts';
import { ApiProxy, breaks } from './api-proxy.ts';
import { ReleaseWorld } from './release-world.ts';

const cluster = clusterForFile();
const collections = ['statefulsets', 'pods', 'controllerrevisions'];
const countOf = (requests: readonly string[], collection: string): number =>
  requests.filter((one) => one === collection).length;

/** A whole roll-out on a real cluster, whose watches break on their way (fact 30). */
describe('a roll-out', () => {
  it.each(Object.keys(breaks) as (keyof typeof breaks)[])('whose watches %s goes on, and is made once', async (how) => {
    const proxy = await ApiProxy.open(cluster);
    try {
      const access = { watchSilenceMs: 1_000 };
      const world = await ReleaseWorld.open(cluster, 'StatefulSet', async () => proxy.kubeconfig, access);
      await world.change().release(await world.artifact('a'.repeat(40)));
      const generation = Number(await world.value('statefulset/app', '{.metadata.generation}'));
      const artifact = await world.artifact('b'.repeat(40));
      const { shift } = await world.change().stageRelease(artifact);
      proxy.break = breaks[how];
      proxy.breaking = 2;
      const before = [...proxy.lists];
      const { revision = '' } = await shift();
      for (const collection of collections)
        expect(countOf(proxy.lists, collection) - countOf(before, collection)).toBeGreaterThanOrEqual(2);
      expect(await world.value('statefulset/app', '{.status.updateRevision}')).toBe(revision);
      expect(Number(await world.value('statefulset/app', '{.metadata.generation}'))).toBe(generation + 1);
      const read = { artifact, revision, withJob: false, withDrift: true };
      expect((await world.port.readBack(world.target, read)).problems).toEqual([]);
    } finally {
      await proxy.close();
    }
  });
});
