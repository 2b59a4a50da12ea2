import { describe, expect, it } from 'vitest';
import { ownClusterForFile } from '../sandbox/own-cluster.ts';
import { eventually } from '../until.ts';
import { ReleaseWorld, type WorkloadKind } from './release-world.ts';

const cluster = ownClusterForFile();
const kinds: WorkloadKind[] = ['StatefulSet', 'Deployment', 'DaemonSet'];

/** Kills the API server, which its supervisor starts again at the same address. */
async function killApiServer(): Promise<void> {
  const { apiServer } = cluster.controlPlane.pids();
  if (apiServer === undefined) throw new Error('the API server does not run');
  process.kill(apiServer, 'SIGKILL');
  await eventually('another API server', async () => {
    const next = cluster.controlPlane.pids().apiServer;
    return next !== undefined && next !== apiServer && (await isReady());
  });
}

async function isReady(): Promise<boolean> {
  return (await cluster.kubectl('get', '--raw', '/readyz')).code === 0;
}

/** A call beside the watch fails while the API server is away: it is made again, as Temporal does. */
async function madeAgain<T>(make: () => Promise<T>): Promise<T> {
  return make().catch(async (error: unknown) => {
    expect(error).toMatchObject({ nonRetryable: false });
    await eventually('the API server', isReady);
    return make();
  });
}

/**
 * Answers how often the workload was changed, and the names of all its revisions. The stamp counts, too, on a
 * Deployment: annotations raise its generation (platform: Kubernetes, deploymentStrategy.PrepareForUpdate).
 */
async function changesOf(
  world: ReleaseWorld,
  kind: WorkloadKind,
): Promise<{ generation: string; revisions: string[] }> {
  const history = kind === 'Deployment' ? 'replicasets' : 'controllerrevisions';
  const revisions = (await world.value(history, '{.items[*].metadata.name}')).split(' ');
  return { generation: await world.value(`${kind}/app`, '{.metadata.generation}'), revisions };
}

/** Waits until the apply is recorded, which is while its pods are being replaced. */
async function applied(world: ReleaseWorld, kind: WorkloadKind): Promise<void> {
  const step = '{.metadata.annotations.slipway\\.dev/step}';
  await eventually('the apply', async () => (await world.value(`${kind}/app`, step)) === 'shift');
}

describe.each(kinds)('a roll-out of a %s', (kind) => {
  it('goes on when the API server is killed in the middle of it, and is made once', async () => {
    const world = await ReleaseWorld.open(cluster, kind);
    await world.change().release(await world.artifact('a'.repeat(40)));
    const artifact = await world.artifact('b'.repeat(40));
    const { shift } = await world.change().stageRelease(artifact);
    const before = await changesOf(world, kind);
    const shifting = madeAgain(() => shift());
    await applied(world, kind);
    await killApiServer();
    const { revision = '' } = await shifting;
    const after = await changesOf(world, kind);
    expect(Number(after.generation)).toBe(Number(before.generation) + 1);
    expect(after.revisions.filter((name) => !before.revisions.includes(name))).toEqual([revision]);
    const { problems } = await world.port.readBack(world.target, {
      artifact,
      revision,
      withJob: false,
      withDrift: false,
    });
    expect(problems).toEqual([]);
  });

  it('whose worker dies after the apply is adopted by the next one', async () => {
    const world = await ReleaseWorld.open(cluster, kind);
    await world.change().release(await world.artifact('a'.repeat(40)));
    const { shift } = await world.change().stageRelease(await world.artifact('b'.repeat(40)));
    const before = await changesOf(world, kind);
    const dead = new AbortController();
    const first = shift(dead.signal);
    await applied(world, kind);
    dead.abort(new Error('the worker is gone'));
    await expect(first).rejects.toThrow('the worker is gone');
    const { revision } = await shift();
    const after = await changesOf(world, kind);
    expect(Number(after.generation)).toBe(Number(before.generation) + 1);
    expect(after.revisions.filter((name) => !before.revisions.includes(name))).toEqual([revision]);
    // Once more, after its end: there is nothing left to do.
    expect((await shift()).revision).toBe(revision);
    expect(await changesOf(world, kind)).toEqual(after);
  });
});
