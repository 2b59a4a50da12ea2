import { describe, expect, it } from 'vitest';

import { clusterForFile } from '../sandbox/cluster.ts';
import { refusalOf } from './overlay-folder.ts';
import { ReleaseWorld, type WorkloadKind } from './release-world.ts';

const cluster = clusterForFile();
const byName = (a: { revision: string }, b: { revision: string }) => a.revision.localeCompare(b.revision);
const kinds: WorkloadKind[] = ['StatefulSet', 'Deployment', 'DaemonSet'];

describe.each(kinds)('a %s', (kind) => {
  it('is released for the first time, and read back by revision and image id', async () => {
    const world = await ReleaseWorld.open(cluster, kind);
    const artifact = await world.artifact('a'.repeat(40));
    const revision = await world.change().release(artifact);
    const { live, problems } = await world.port.readBack(world.target, {
      artifact,
      revision,
      withJob: false,
      withDrift: false,
    });
    expect(problems).toEqual([]);
    expect(live.serving).toEqual([{ revision, ...artifact, percent: 100 }]);
  });

  it('goes from one release to the next and back to the named one, with its settings', async () => {
    const world = await ReleaseWorld.open(cluster, kind);
    const [first, second] = [await world.artifact('a'.repeat(40)), await world.artifact('b'.repeat(40))];
    const old = await world.change().release(first);
    world.setting = 'two';
    const next = world.change();
    const { text: difference } = await next.difference(second);
    expect(difference).toContain('+  SETTING: two');
    expect(difference).toMatch(new RegExp(`^- +image: ${first.image}$`, 'm'));
    expect(difference).toMatch(new RegExp(`^\\+ +image: ${second.image}$`, 'm'));
    const revision = await next.release(second);
    expect(revision).not.toBe(old);
    const { live, problems } = await next.restore();
    expect(problems).toEqual([]);
    expect(live.serving).toMatchObject([{ revision: old, digest: first.digest, percent: 100 }]);
    const settings = await world.value(
      `${kind}/app`,
      '{.spec.template.spec.containers[0].envFrom[0].configMapRef.name}',
    );
    expect(await world.value(`configmap/${settings}`, '{.data.SETTING}')).toBe('one');
    expect((await world.port.revisions(world.target)).toSorted(byName)).toEqual(
      [
        { revision: old, ...first },
        { revision, ...second },
      ].toSorted(byName),
    );
  });

  it.each(['crashes', 'neverReady'] as const)('that %s is found out with pod and reason, and restored', async (bad) => {
    const world = await ReleaseWorld.open(cluster, kind);
    const good = await world.artifact('a'.repeat(40));
    const old = await world.change().release(good);
    const change = world.change();
    if (bad === 'neverReady') world.target.rolloutTimeoutSeconds = 10;
    const failure = await refusalOf(change.release(await world.artifact('b'.repeat(40), bad)));
    expect(failure).toMatchObject({ type: 'GateFailed', message: expect.stringMatching(/pod app-/) });
    expect(failure.message).toMatch(bad === 'crashes' ? /crashes again and again .*exit code 3/ : /not ready/);
    world.target.rolloutTimeoutSeconds = 60;
    const { live, problems } = await change.restore();
    expect(problems).toEqual([]);
    expect(live.serving).toMatchObject([{ revision: old, percent: 100 }]);
  });

  it('whose image cannot be pulled is found out at once, and restored', async () => {
    const world = await ReleaseWorld.open(cluster, kind);
    const good = await world.artifact('a'.repeat(40));
    const old = await world.change().release(good);
    const change = world.change();
    const digest = `sha256:${'f'.repeat(64)}`;
    const missing = { image: `us-central1-docker.pkg.dev/test/images/app@${digest}`, digest, commit: 'c'.repeat(40) };
    expect(await refusalOf(change.release(missing))).toMatchObject({
      type: 'GateFailed',
      message: expect.stringContaining('cannot be pulled'),
    });
    const { live, problems } = await change.restore();
    expect(problems).toEqual([]);
    expect(live.serving).toMatchObject([{ revision: old, percent: 100 }]);
  });
});
