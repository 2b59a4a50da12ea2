import { describe, expect, it } from 'vitest';
import type { CatalogEntry } from '../../contract/catalog/catalog.ts';
import { clusterForFile } from '../sandbox/cluster.ts';
import { failureOf } from '../workflows/harness.ts';
import { decide, deployOf, migrateOf, release, rollBack, statusOf, untilParked } from '../workflows/runs.ts';
import { openHarness } from '../workflows/stage.ts';
import { commits } from '../workflows/world.ts';
import { ClusterWorld } from './cluster-world.ts';

/** A gate whose smoke asks the service and then does this. */
function gateThat(then: string): NonNullable<CatalogEntry['settings']['postDeployGate']> {
  const program = `fetch(process.env.BASE_URL + '/healthz').then((answer) => {
    console.log('answered', answer.status);
    ${then};
  })`;
  const variables = { BASE_URL: '{url}' };
  return {
    nothingPending: ['migrated'],
    smoke: { command: ['node'], args: ['-e', program], variables, timeoutSeconds: 30 },
  };
}

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

  it('a deploy with a post-deploy gate migrates again and smokes as a Job before it is done', async () => {
    const world = await ClusterWorld.open(cluster, { postDeployGate: gateThat('process.exit(answer.ok ? 0 : 1)') });
    await harness.with(world, async (start) => {
      const run = await start('deploy', deployOf(world));
      const { change, postDeployGate } = await run.result();
      expect(postDeployGate).toEqual({ migration: `app-migrate-${change}-g1`, smoke: `app-smoke-${change}-a1` });
      const { image } = await world.artifactOf(commits.good);
      const jobs = (await world.release.value('jobs', '{.items[*].metadata.name}')).split(' ').sort();
      expect(jobs).toEqual([`app-migrate-${change}-a1`, `app-migrate-${change}-g1`, `app-smoke-${change}-a1`]);
      const images = await world.release.value('jobs', '{.items[*].spec.template.spec.containers[*].image}');
      expect(new Set(images.split(' '))).toEqual(new Set([image]));
      const { steps } = await statusOf(run);
      expect(steps.find(({ name }) => name === 'gate-smoke')?.detail).toContain('answered 200');
      const migrated = await start('migrate', migrateOf(world));
      const again = await migrated.result();
      expect(await world.release.value(`job/app-smoke-${again.change}-a1`, '{.status.succeeded}')).toBe('1');
    });
  });

  it('a deploy whose smoke Job fails is taken back and put on hold', async () => {
    const world = await ClusterWorld.open(cluster, { postDeployGate: gateThat('process.exit(4)') });
    await harness.with(world, async (start) => {
      const before = await world.release.value('statefulset/app', '{.status.updateRevision}');
      const failure = await failureOf(await start('deploy', deployOf(world)));
      expect(failure).toMatchObject({ type: 'RolledBack', message: expect.stringMatching(/smoke job.*exit code 4/) });
      expect(await world.release.value('statefulset/app', '{.status.updateRevision}')).toBe(before);
      const { holds } = await harness.environmentStatus(world);
      expect(holds).toMatchObject([{ commit: commits.good }]);
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
