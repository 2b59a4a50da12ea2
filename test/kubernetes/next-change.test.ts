import { describe, expect, it } from 'vitest';
import { clusterForFile } from '../sandbox/cluster.ts';
import { eventually } from '../until.ts';
import { failureOf } from '../workflows/harness.ts';
import { deployOf, release, rollbackOf } from '../workflows/runs.ts';
import { openHarness } from '../workflows/stage.ts';
import { commits } from '../workflows/world.ts';
import { ClusterWorld } from './cluster-world.ts';

const cluster = clusterForFile();
const harness = openHarness();
const updateRevision = '{.status.updateRevision}';

/** What other tools leave behind a bad release: pods of a failed migration, and changes that nobody takes any more. */
describe('on a cluster', () => {
  it('no new pod comes where the migration fails, and the next change goes through (facts 35 and 45)', async () => {
    const world = await ClusterWorld.open(cluster);
    await harness.with(world, async (start) => {
      const { migration } = world.entry.settings;
      const before = await world.release.pods.list(world.release.target);
      const old = await world.release.value('statefulset/app', updateRevision);
      Object.assign(world.entry.settings, { migration: { ...migration, command: ['sh', '-c', 'exit 4'] } });
      const failure = await failureOf(await start('deploy', deployOf(world)));
      expect(failure).toMatchObject({ type: 'RolledBack', message: expect.stringContaining('exit code 4') });
      expect(await world.release.pods.list(world.release.target)).toEqual(before);
      expect(await world.release.value('controllerrevisions', '{.items[*].metadata.name}')).toBe(old);

      Object.assign(world.entry.settings, { migration });
      await failureOf(await start('deploy', deployOf(world, { commit: commits.bad })));
      const { revision } = await release(start, world, { commit: commits.old });
      expect(await world.release.value('statefulset/app', updateRevision)).toBe(revision);
    });
  });

  it('a rollback does not wait for the roll-out that it takes back (fact 44)', async () => {
    const world = await ClusterWorld.open(cluster);
    world.bad = 'neverReady';
    world.release.target.rolloutTimeoutSeconds = 600;
    await harness.with(world, async (start) => {
      const { change, revision } = await release(start, world);
      const deploy = await start('deploy', deployOf(world, { commit: commits.bad }));
      await eventually('the roll-out', async () => {
        const serves = await world.release.value('statefulset/app', updateRevision);
        return serves !== revision;
      });
      const rollback = await start('rollback', rollbackOf(world, { to: change }));
      expect(await failureOf(deploy)).toMatchObject({ type: 'Preempted' });
      expect(await rollback.result()).toMatchObject({ revision });
      expect(await world.release.value('statefulset/app', updateRevision)).toBe(revision);
    });
  });
});
