import { describe, expect, it } from 'vitest';
import { clusterForFile } from '../sandbox/cluster.ts';
import { eventually } from '../until.ts';
import { refusalOf } from './overlay-folder.ts';
import { ReleaseWorld, type WorkloadKind } from './release-world.ts';

const cluster = clusterForFile();
const kinds: WorkloadKind[] = ['StatefulSet', 'Deployment', 'DaemonSet'];
const restartedAt = '{.spec.template.metadata.annotations.kubectl\\.kubernetes\\.io/restartedAt}';

/** The uids of the pods that there are. */
async function podsOf(world: ReleaseWorld): Promise<string[]> {
  return (await world.pods.list(world.target)).map(({ id }) => id).sort();
}

describe.each(kinds)('a restart of a %s as a change of its own', (kind) => {
  it('makes every pod anew with the same image, once, and is no drift', async () => {
    const world = await ReleaseWorld.open(cluster, kind);
    const artifact = await world.artifact('a'.repeat(40));
    const old = await world.change().release(artifact);
    const before = await podsOf(world);
    const { restart } = await world.change().prepareRestart();
    const { revision } = await restart();
    const after = await podsOf(world);
    expect(after).toHaveLength(before.length);
    expect(after.filter((id) => before.includes(id))).toEqual([]);
    const { live } = await world.port.snapshot(world.target);
    expect(live.serving).toEqual([{ revision, ...artifact, percent: 100 }]);
    expect(revision).not.toBe(old);
    expect(await world.drift()).toEqual([]);
    // Once more, by the worker that comes after one that died: there is nothing left to do.
    const at = await world.value(`${kind}/app`, restartedAt);
    expect(await restart()).toMatchObject({ revision });
    expect(await world.value(`${kind}/app`, restartedAt)).toBe(at);
    expect(await podsOf(world)).toEqual(after);
  });

  it('whose worker dies in the middle is adopted by the next one', async () => {
    const world = await ReleaseWorld.open(cluster, kind);
    await world.change().release(await world.artifact('a'.repeat(40)));
    const { restart } = await world.change().prepareRestart();
    const dead = new AbortController();
    const first = restart(dead.signal);
    await eventually('the annotation', async () => (await world.value(`${kind}/app`, restartedAt)) !== '');
    const at = await world.value(`${kind}/app`, restartedAt);
    dead.abort(new Error('the worker is gone'));
    await expect(first).rejects.toThrow('the worker is gone');
    await restart();
    expect(await world.value(`${kind}/app`, restartedAt)).toBe(at);
  });

  it('is refused to a holder that is behind, and leaves releases and the way back as they were', async () => {
    const world = await ReleaseWorld.open(cluster, kind);
    const [first, second] = [await world.artifact('a'.repeat(40)), await world.artifact('b'.repeat(40))];
    await world.change().release(first);
    const behind = await world.change().prepareRestart();
    const restarted = await (await world.change().prepareRestart()).restart();
    expect(await refusalOf(behind.restart())).toMatchObject({ type: 'StaleFence' });
    world.setting = 'two';
    const next = world.change();
    await next.release(second);
    expect(await world.value(`${kind}/app`, restartedAt)).toBe('');
    const { live, problems } = await next.restore();
    expect(problems).toEqual([]);
    expect(live.serving).toMatchObject([{ revision: restarted.revision, digest: first.digest, percent: 100 }]);
    const settings = await world.value(
      `${kind}/app`,
      '{.spec.template.spec.containers[0].envFrom[0].configMapRef.name}',
    );
    expect(await world.value(`configmap/${settings}`, '{.data.SETTING}')).toBe('one');
  });
});

describe('a restart of a StatefulSet whose pod is stuck', () => {
  it('frees the pod that would block it, and says with pod and reason if that does not help', async () => {
    const world = await ReleaseWorld.open(cluster, 'StatefulSet');
    await world.change().release(await world.artifact('a'.repeat(40)));
    const bad = world.change();
    expect(await refusalOf(bad.release(await world.artifact('b'.repeat(40), 'crashes')))).toMatchObject({
      type: 'GateFailed',
    });
    const { restart } = await world.change().prepareRestart();
    expect(await refusalOf(restart())).toMatchObject({
      type: 'GateFailed',
      message: expect.stringMatching(/app-.*exit code 3/s),
    });
  });
});
