import { describe, expect, it } from 'vitest';
import type { HealthCheck } from '../../contract/live.ts';
import { clusterForFile } from '../sandbox/cluster.ts';
import { job, shell } from '../sandbox/pods.ts';
import { eventually } from '../until.ts';
import { refusalOf } from './overlay-folder.ts';
import { ReleaseWorld, type WorkloadKind } from './release-world.ts';

const cluster = clusterForFile();
const kinds: WorkloadKind[] = ['StatefulSet', 'Deployment', 'DaemonSet'];

/** The daily checks of a world's workload, by name. */
async function healthOf({ port, target }: ReleaseWorld): Promise<Record<string, Omit<HealthCheck, 'name'>>> {
  return Object.fromEntries((await port.health(target)).map(({ name, ...finding }) => [name, finding]));
}

describe.each(kinds)('the daily checks of a %s', (kind) => {
  it('find its pods ready, and those of a bad release crashing, with pod and exit code', async () => {
    const world = await ReleaseWorld.open(cluster, kind);
    await world.change().release(await world.artifact('a'.repeat(40)));
    const wanted = kind === 'DaemonSet' ? 1 : 2;
    expect(await healthOf(world)).toMatchObject({
      pods: { verdict: 'pass', reason: `${wanted} of ${wanted} pods are ready` },
      restarts: { verdict: 'pass' },
      autoscaler: { verdict: 'pass', reason: 'the workload has none' },
      migration: { verdict: 'inconclusive', reason: expect.stringContaining('slipway.dev/purpose=migration') },
      smoke: { verdict: 'inconclusive', reason: expect.stringContaining('slipway.dev/purpose=smoke') },
    });
    await refusalOf(world.change().release(await world.artifact('b'.repeat(40), 'crashes')));
    // Between two crashes its container runs for a moment.
    await expect
      .poll(() => healthOf(world), { timeout: 15_000 })
      .toMatchObject({
        pods: {
          verdict: 'fail',
          reason: expect.stringMatching(/pod app-\S+: container app: it crashes again and again/),
        },
        restarts: { verdict: 'fail', reason: expect.stringMatching(/pod app-\S+: \d+ restarts .*exit code 3, Error/) },
      });
  });
});

describe('the daily checks of a workload', () => {
  it('that is not there say so', async () => {
    const world = await ReleaseWorld.open(cluster, 'Deployment');
    expect(await healthOf(world)).toMatchObject({
      pods: { verdict: 'fail', reason: 'Deployment app does not exist' },
      restarts: { verdict: 'pass' },
    });
  });

  it('find the last smoke Job by its labels: it is Complete, of the image that serves', async () => {
    const world = await ReleaseWorld.open(cluster, 'StatefulSet');
    world.replicas = 1;
    const { image } = await world.artifact('a'.repeat(40));
    await world.change().release(await world.artifact('a'.repeat(40)));
    await runJob(world, 'smoke', 'smoke-1', image, 'true');
    expect(await healthOf(world)).toMatchObject({
      smoke: { verdict: 'pass', reason: expect.stringContaining('Job smoke-1 is Complete since 20') },
    });
    await runJob(world, 'smoke', 'smoke-2', image, 'exit 4');
    expect(await healthOf(world)).toMatchObject({
      smoke: { verdict: 'fail', reason: expect.stringMatching(/Job smoke-2 .* failed: BackoffLimitExceeded/) },
    });
    const other = await world.artifact('b'.repeat(40));
    await runJob(world, 'smoke', 'smoke-3', other.image, 'true');
    expect(await healthOf(world)).toMatchObject({
      smoke: { verdict: 'inconclusive', reason: expect.stringContaining(`is not the workload's`) },
    });
  });

  it('find the last migration Job by its labels, of whatever image', async () => {
    const world = await ReleaseWorld.open(cluster, 'StatefulSet');
    const { image } = await world.artifact('a'.repeat(40));
    await runJob(world, 'migration', 'migrate-1', image, 'true');
    expect(await healthOf(world)).toMatchObject({
      migration: { verdict: 'pass', reason: expect.stringContaining('Job migrate-1 is Complete since 20') },
    });
    await runJob(world, 'migration', 'migrate-2', image, 'exit 4');
    expect(await healthOf(world)).toMatchObject({
      migration: { verdict: 'fail', reason: expect.stringMatching(/Job migrate-2 .* failed: BackoffLimitExceeded/) },
    });
  });

  it('have an autoscaler by its own status, also where the cluster has no metrics', async () => {
    const world = await ReleaseWorld.open(cluster, 'StatefulSet');
    await world.change().release(await world.artifact('a'.repeat(40)));
    const autoscaler = ['autoscale', 'statefulset/app', '--min=2', '--max=4', '--cpu-percent=50'];
    await world.kubectl(...autoscaler);
    const looked = async () => {
      const { autoscaler: found } = await healthOf(world);
      return found?.reason.includes('metrics.k8s.io') ? found : undefined;
    };
    // Its controller looks every 15 seconds.
    const blind = await eventually('the look of the controller', looked, 40_000);
    expect(blind).toEqual({
      verdict: 'inconclusive',
      reason: 'app has 2 replicas, 2 to 4; the cluster has no metrics.k8s.io that it could scale by',
    });
    // What is said is looked at before the controller's next look writes over it; else it is said again.
    const said = (desiredReplicas: number, limitedBy?: string) =>
      eventually('what was said', async () => {
        await say(world, desiredReplicas, limitedBy);
        const { autoscaler: found } = await healthOf(world);
        return found?.reason.includes('metrics.k8s.io') ? undefined : found;
      });
    expect(await said(2)).toEqual({ verdict: 'pass', reason: 'app has 2 replicas, 2 to 4' });
    expect(await said(4, 'TooManyReplicas')).toEqual({
      verdict: 'fail',
      reason: 'app has 2 replicas, 2 to 4; it wants more than its maximum',
    });
    await world.kubectl(...autoscaler, '--name=other');
    expect(await healthOf(world)).toMatchObject({
      autoscaler: { verdict: 'fail', reason: 'the workload has 2 of them, against each other: app, other' },
    });
  });
});

/** Runs a Job with the labels of a purpose, and waits for its end. */
async function runJob(
  world: ReleaseWorld,
  purpose: 'migration' | 'smoke',
  name: string,
  image: string,
  script: string,
): Promise<void> {
  const { namespace, workload } = world.target;
  const made = job(namespace, name, shell(image, script));
  const labels = { 'slipway.dev/workload': workload.name, 'slipway.dev/purpose': purpose };
  await cluster.create({ ...made, metadata: { ...made.metadata, labels } });
  const ended = async () => /Complete|Failed/.test(await world.value(`job/${name}`, '{.status.conditions[*].type}'));
  await eventually(`the end of ${name}`, async () => (await ended()) || undefined);
}

/** Writes the status of the autoscaler as its controller would with metrics, through the status subresource. */
async function say(world: ReleaseWorld, desiredReplicas: number, limitedBy?: string): Promise<void> {
  const condition = (type: string, is: boolean, reason: string) => ({ type, status: is ? 'True' : 'False', reason });
  const status = {
    currentReplicas: 2,
    desiredReplicas,
    conditions: [
      condition('AbleToScale', true, 'ReadyForNewScale'),
      condition('ScalingActive', true, 'ValidMetricFound'),
      condition('ScalingLimited', limitedBy !== undefined, limitedBy ?? 'DesiredWithinRange'),
    ],
  };
  const patch = ['--type=merge', '-p', JSON.stringify({ status })];
  const { code, stderr } = await world.kubectl('patch', 'hpa', 'app', '--subresource=status', ...patch);
  if (code !== 0) throw new Error(stderr);
}
