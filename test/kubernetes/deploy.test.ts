import { describe, expect, it } from 'vitest';
import { clusterForFile } from '../sandbox/cluster.ts';
import { failureOf } from '../workflows/harness.ts';
import { decide, deployOf, migrateOf, release, rollBack, untilParked } from '../workflows/runs.ts';
import { openHarness } from '../workflows/stage.ts';
import { commits } from '../workflows/world.ts';
import { ClusterWorld } from './cluster-world.ts';

const cluster = clusterForFile();
const harness = openHarness();

/** The same workflows as for Cloud Run, by the worker's own adapter, on a real cluster (runbooks 001 and 003). */
describe('on a cluster', () => {
  it('a deploy takes over from kubectl, migrates in its own image, rolls out and is verified', async () => {
    const world = await ClusterWorld.open(cluster);
    await harness.with(world, async (start) => {
      const { revision } = await release(start, world);
      const { image } = await world.artifactOf(commits.good);
      expect(await world.release.value('statefulset/app', '{.status.updateRevision}')).toBe(revision);
      const images = '{.items[*].spec.template.spec.containers[*].image}';
      expect(await world.release.value('jobs', images)).toBe(image);
      expect(await world.release.value('jobs', '{.items[*].status.succeeded}')).toBe('1');
      const running = await world.release.value('pods', '{.items[*].status.containerStatuses[*].imageID}');
      expect(new Set(running.split(' '))).toEqual(new Set([image]));
      const { ledger } = await harness.environmentStatus(world);
      expect(ledger.at(-1)).toMatchObject({ kind: 'deploy', verified: true, revision });
      const history = await world.release.kubectl('rollout', 'history', 'statefulset/app');
      expect(history.stdout.trim().split('\n')).toHaveLength(4);
    });
  });

  it('an image that crashes is found out, taken back and put on hold', async () => {
    const world = await ClusterWorld.open(cluster);
    await harness.with(world, async (start) => {
      const before = await world.release.value('statefulset/app', '{.status.updateRevision}');
      const failure = await failureOf(await start('deploy', deployOf(world, { commit: commits.bad })));
      expect(failure).toMatchObject({ type: 'RolledBack', message: expect.stringMatching(/pod app-1.*exit code 3/) });
      const serving = await world.release.value('pods', "{.items[*].metadata.labels['controller-revision-hash']}");
      expect(new Set(serving.split(' '))).toEqual(new Set([before]));
      const { holds } = await harness.environmentStatus(world);
      expect(holds).toMatchObject([{ commit: commits.bad }]);
    });
  });

  it('an edit by kubectl is drift, and a deploy asks before it overwrites it', async () => {
    const world = await ClusterWorld.open(cluster);
    await harness.with(world, async (start) => {
      await release(start, world);
      const place = { service: world.service, environment: 'staging' };
      await (await start('checkDrift', place)).result();
      await world.release.kubectl('scale', 'statefulset/app', '--replicas=1');
      const edit = 'kubectl has set .spec.replicas of StatefulSet/app';
      expect(await failureOf(await start('checkDrift', place))).toMatchObject({
        type: 'Drifted',
        message: expect.stringContaining(edit),
      });
      const run = await start('deploy', deployOf(world, { commit: commits.old }));
      expect((await untilParked(run, 'plan')).waitingFor?.what).toContain(edit);
      expect(await world.release.value('statefulset/app', '{.spec.replicas}')).toBe('1');
      await decide(run, 'force');
      await run.result();
      expect(await world.release.value('statefulset/app', '{.spec.replicas}')).toBe('2');
      await (await start('checkDrift', place)).result();
    });
  });

  it('a rollback goes back to the named revision that served before, and a migrate runs again', async () => {
    const world = await ClusterWorld.open(cluster);
    await harness.with(world, async (start) => {
      const before = await world.release.value('statefulset/app', '{.status.updateRevision}');
      await release(start, world);
      expect(await rollBack(start, world)).toMatchObject({ revision: before });
      expect(await world.release.value('statefulset/app', '{.status.updateRevision}')).toBe(before);
      const migrated = await start('migrate', migrateOf(world));
      expect(await migrated.result()).toMatchObject({ outcome: expect.stringContaining('migrated') });
    });
  });
});
