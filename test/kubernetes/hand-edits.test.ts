import { rm } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Artifact } from '../../contract/artifact.ts';
import { clusterForFile } from '../sandbox/cluster.ts';
import { refusalOf } from './overlay-folder.ts';
import { ReleaseWorld } from './release-world.ts';

const cluster = clusterForFile();
const container = '.spec.template.spec.containers[name="app"]';
const variable = { name: 'LEVEL', value: 'info' };

/** Opens a world in which one release of ours serves. */
async function released(prepare: (world: ReleaseWorld) => void = () => undefined): Promise<ReleaseWorld> {
  const world = await ReleaseWorld.open(cluster, 'StatefulSet');
  world.env = [variable];
  prepare(world);
  await world.change().release(await world.artifact('a'.repeat(40)));
  return world;
}

/** Runs kubectl as a person does, and waits until its change has rolled out. */
async function byHand(world: ReleaseWorld, ...args: string[]): Promise<void> {
  const { code, stderr } = await world.kubectl(...args);
  if (code !== 0) throw new Error(stderr);
  const { kind, name } = world.target.workload;
  const followed = await world.kubectl('rollout', 'status', `${kind}/${name}`, '--timeout=60s');
  if (followed.code !== 0) throw new Error(followed.stderr);
}

const patchOf = (value: string): string =>
  JSON.stringify({ spec: { template: { spec: { containers: [{ name: 'app', env: [{ name: 'LEVEL', value }] }] } } } });
const levelOf = (world: ReleaseWorld): Promise<string> =>
  world.value('statefulset/app', '{.spec.template.spec.containers[0].env[?(@.name=="LEVEL")].value}');

/** What people do by hand is theirs: it is told, and nothing overwrites it without a decision. */
describe('an edit by kubectl', () => {
  const edits: [what: string, args: string[], told: string][] = [
    ['set env', ['set', 'env', 'statefulset/app', 'LEVEL=debug'], `kubectl-set has set ${container}.env[name="LEVEL"]`],
    ['patch', ['patch', 'statefulset', 'app', '-p', patchOf('debug')], 'kubectl-patch has set'],
    ['scale', ['scale', 'statefulset/app', '--replicas=3'], 'kubectl has set .spec.replicas of StatefulSet/app'],
  ];

  // `SLIPWAY_LONG=1` asks for each of them.
  const chosen = process.env['SLIPWAY_LONG'] ? edits : edits.filter(([what]) => what !== 'patch');
  it.each(chosen)(
    '(%s) is drift with manager, field and time, and stays until it is forced',
    async (_w, args, told) => {
      const world = await released();
      const next = await world.artifact('b'.repeat(40));
      await byHand(world, ...args);
      const drift = await world.drift();
      expect(drift).toHaveLength(1);
      expect(drift[0]).toContain(told);
      // Platform: Kubernetes keeps no time of a write to the subresource scale.
      const time = args[0] === 'scale' ? '' : ' at \\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\dZ';
      expect(drift[0]).toMatch(new RegExp(` of StatefulSet/app${time}$`));
      const change = world.change();
      const { text, contested } = await change.difference(next);
      expect(contested).toEqual(drift);
      expect(text).toContain(`! ${drift[0]}; this release would overwrite it`);

      const before = await world.value('statefulset/app', '{.spec}');
      const refusal = await refusalOf(change.release(next));
      expect(refusal).toMatchObject({ type: 'Contested', details: [contested] });
      expect(await world.value('statefulset/app', '{.spec}')).toBe(before);

      const forcing = world.change();
      forcing.forced = contested;
      await forcing.release(next);
      expect(await levelOf(world)).toBe('info');
      expect(await world.value('statefulset/app', '{.spec.replicas}')).toBe('2');
      expect(await world.drift()).toEqual([]);
    },
  );

  it('of the image is drift, and a rollback asks before it goes back over it', async () => {
    const world = await released();
    const change = world.change();
    await change.release(await world.artifact('b'.repeat(40)));
    const { image } = await world.artifact('c'.repeat(40));
    await byHand(world, 'set', 'image', 'statefulset/app', `app=${image}`);
    expect(await world.drift()).toEqual([
      expect.stringMatching(/^kubectl-set has set .*\.image of StatefulSet\/app at /),
    ]);
    const back = world.change();
    const refusal = await refusalOf(back.restore(change.snapshot));
    expect(refusal.type).toBe('Contested');
    back.forced = refusal.details?.[0] as string[];
    const { live, problems } = await back.restore(change.snapshot);
    expect(problems).toEqual([]);
    expect(live.serving).toMatchObject([{ revision: change.snapshot?.good?.revision, percent: 100 }]);
  });

  it('that removes a field or an object is drift, and is not brought back unasked', async () => {
    const world = await released();
    const settings = await world.value(
      'statefulset/app',
      '{.spec.template.spec.containers[0].envFrom[0].configMapRef.name}',
    );
    await byHand(world, 'set', 'env', 'statefulset/app', 'LEVEL-');
    await byHand(world, 'delete', 'configmap', settings);
    const told = [
      `somebody has deleted ConfigMap/${settings}`,
      `somebody has removed ${container}.env[name="LEVEL"] of StatefulSet/app`,
    ];
    expect(await world.drift()).toEqual(told);
    const next = await world.artifact('b'.repeat(40));
    expect((await world.change().difference(next)).contested).toEqual(told);
    // An overlay that has neither takes nothing back.
    world.env = [];
    world.setting = 'two';
    expect((await world.change().difference(next)).contested).toEqual([]);
  });

  it('that adds a field is drift, and every release leaves it', async () => {
    const world = await released();
    await byHand(world, 'set', 'env', 'statefulset/app', 'BY_HAND=1');
    const told = [
      expect.stringMatching(/^kubectl-set has set .*\.env\[name="BY_HAND"\] of StatefulSet\/app at .* \(added\)$/),
    ];
    expect(await world.drift()).toEqual(told);
    await world.change().release(await world.artifact('b'.repeat(40)));
    expect(await world.value('statefulset/app', '{.spec.template.spec.containers[0].env[*].name}')).toContain(
      'BY_HAND',
    );
    expect(await world.drift()).toEqual(told);
  });

  it('that the next commit takes over is no question any more', async () => {
    const world = await released();
    await byHand(world, 'set', 'env', 'statefulset/app', 'LEVEL=debug');
    world.env = [{ ...variable, value: 'debug' }];
    await world.change().release(await world.artifact('b'.repeat(40)));
    expect(await levelOf(world)).toBe('debug');
    expect(await world.drift()).toEqual([]);
  });
});

describe('no drift', () => {
  it('is a restart, and a number of replicas that an autoscaler has', async () => {
    const world = await released();
    await byHand(world, 'rollout', 'restart', 'statefulset/app');
    expect(await world.drift()).toEqual([]);
    await byHand(world, 'autoscale', 'statefulset/app', '--min=1', '--max=5', '--cpu-percent=50');
    await byHand(world, 'scale', 'statefulset/app', '--replicas=3');
    expect(await world.drift()).toEqual([]);
    expect((await world.change().difference(await world.artifact('b'.repeat(40)))).contested).toEqual([]);
  });

  it('is what our own release, restore and stamp leave', async () => {
    const world = await released();
    expect(await world.drift()).toEqual([]);
    world.setting = 'two';
    const change = world.change();
    await change.release(await world.artifact('b'.repeat(40)));
    expect(await world.drift()).toEqual([]);
    await change.restore();
    expect(await world.drift()).toEqual([]);
  });

  it('is what people had applied before us, and what a restore brings back of it', async () => {
    const world = await ReleaseWorld.open(cluster, 'StatefulSet');
    await world.applyByHand(await world.artifact('a'.repeat(40)));
    expect(await world.drift()).toEqual([]);
    const change = world.change();
    await change.release(await world.artifact('b'.repeat(40)));
    expect(await world.drift()).toEqual([]);
    await change.restore();
    expect(await world.drift()).toEqual([]);
  });
});

/** Undo twice, then go on: with the real kubectl, since its ways are what breaks (facts 9, 11 and 12). */
describe('after a rollback', () => {
  /** A good release, a bad one with a variable more, and the way back, twice. */
  async function rolledBack(): Promise<{ world: ReleaseWorld; good: Artifact; revision: string }> {
    const world = await released();
    const good = await world.artifact('a'.repeat(40));
    world.env = [variable, { name: 'ONLY_IN_BAD', value: '1' }];
    const bad = world.change();
    await bad.release(await world.artifact('b'.repeat(40)));
    for (let times = 0; times < 2; times += 1) {
      const { problems } = await world.change().restore(bad.snapshot);
      expect(problems).toEqual([]);
    }
    world.env = [variable];
    return { world, good, revision: bad.snapshot?.good?.revision ?? '' };
  }

  it('and another one, the bad revision serves nobody, where kubectl would go back to it', async () => {
    const { world, good, revision } = await rolledBack();
    const { live } = await world.port.readBack(world.target, {
      artifact: good,
      revision,
      withJob: false,
      withDrift: true,
    });
    expect(live.serving).toMatchObject([{ revision, digest: good.digest, percent: 100 }]);
    // What kubectl calls the one before is the bad one by now: by its number, not by its name.
    const undone = await world.kubectl('rollout', 'undo', 'statefulset/app', '--dry-run=client');
    expect(undone.stdout).toContain('ONLY_IN_BAD');
    expect(await levelOf(world)).toBe('info');
  });

  it('a deploy of ours applies cleanly, and leaves nothing of what was bad', async () => {
    const { world } = await rolledBack();
    const next = await world.artifact('c'.repeat(40));
    const change = world.change();
    expect((await change.difference(next)).contested).toEqual([]);
    const revision = await change.release(next);
    const { problems } = await world.port.readBack(world.target, {
      ...{ artifact: next, revision, withJob: true, withDrift: true },
    });
    expect(problems).toEqual([]);
    expect(await world.value('statefulset/app', '{.spec.template.spec.containers[0].env[*].name}')).toBe(
      'POD_IP LEVEL',
    );
  });

  it("a person's kubectl apply -k applies cleanly, is drift, and stays until it is forced", async () => {
    const { world } = await rolledBack();
    const theirs = await world.artifact('d'.repeat(40));
    world.env = [{ ...variable, value: 'by-hand' }];
    await world.applyByHand(theirs);
    expect(await levelOf(world)).toBe('by-hand');
    const running = await world.value('pods', '{.items[*].status.containerStatuses[*].imageID}');
    expect(new Set(running.split(' '))).toEqual(new Set([theirs.image]));
    const drift = await world.drift();
    expect(drift.join('\n')).toMatch(/^kubectl-client-side-apply has set .* of StatefulSet\/app at /m);

    world.env = [variable];
    const next = await world.artifact('e'.repeat(40));
    const change = world.change();
    const { contested } = await change.difference(next);
    expect((await refusalOf(change.release(next))).type).toBe('Contested');
    expect(await levelOf(world)).toBe('by-hand');
    const forcing = world.change();
    forcing.forced = contested;
    await forcing.release(next);
    expect(await levelOf(world)).toBe('info');
    expect(await world.drift()).toEqual([]);
    // And what both had set is ours alone: the next overlay can drop it.
    world.env = [];
    await world.change().release(await world.artifact('f'.repeat(40)));
    expect(await levelOf(world)).toBe('');
  });

  it('a person who applies by our manager name drops what the overlay lacks, and leaves no drift behind', async () => {
    const { world } = await rolledBack();
    world.env = [];
    const folder = await world.overlayFolder();
    const flags = ['--server-side', '--field-manager=slipway', '--dry-run=server', '-o', 'yaml'];
    const applied = await world.kubectl('apply', ...flags, '-k', path.join(folder, 'overlay'));
    await rm(folder, { recursive: true });
    expect(applied).toMatchObject({ code: 0 });
    expect(applied.stdout).not.toContain('name: LEVEL');
  });
});

/** The state from before the first release has no change that made it, and no revision of ours (invariant I10). */
describe('after a rollback, by a change of its own, to what people had applied before Slipway', () => {
  /** What people applied, a release with other settings, and the way back in another change. */
  async function back(): Promise<{ world: ReleaseWorld; names: () => Promise<string[]> }> {
    const world = await ReleaseWorld.open(cluster, 'StatefulSet');
    const plain = (LEVEL: string) => [
      { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'plain' }, data: { LEVEL } },
    ];
    world.env = [variable];
    world.others = plain('theirs');
    await world.applyByHand(await world.artifact('a'.repeat(40)));
    world.others = plain('ours');
    const release = world.change();
    await release.release(await world.artifact('b'.repeat(40)));
    expect(await world.value('configmap/plain', '{.data.LEVEL}')).toBe('ours');
    const { live, problems } = await world.change().restore(release.snapshot);
    expect(problems).toEqual([]);
    expect(live.serving).toMatchObject([{ revision: release.snapshot?.good?.revision, percent: 100 }]);
    const names = async () => (await world.value('secrets', '{.items[*].metadata.name}')).split(' ');
    return { world, names };
  }

  it('its configuration is back, no drift is told, and a hand edit is one', async () => {
    const { world } = await back();
    expect(await world.value('configmap/plain', '{.data.LEVEL}')).toBe('theirs');
    expect(await world.drift()).toEqual([]);
    await byHand(world, 'set', 'env', 'statefulset/app', 'LEVEL=debug');
    expect(await world.drift()).toEqual([
      expect.stringContaining(`kubectl-set has set ${container}.env[name="LEVEL"].value of StatefulSet/app at `),
    ]);
  });

  it('a record that is gone by now is said, and is not "no drift"', async () => {
    const { world, names } = await back();
    const [before = ''] = (await names()).filter((name) => name.endsWith('-before'));
    expect((await world.kubectl('delete', 'secret', before)).code).toBe(0);
    expect(await world.drift()).toEqual([
      expect.stringMatching(/^inconclusive: what was applied last cannot be compared: .*-before is not in namespace/),
    ]);
  });

  it('without any record the template goes back, is recorded, and a hand edit is drift', async () => {
    const world = await ReleaseWorld.open(cluster, 'StatefulSet');
    world.env = [variable];
    await world.applyByHand(await world.artifact('a'.repeat(40)));
    const release = world.change();
    await release.release(await world.artifact('b'.repeat(40)));
    await world.kubectl('delete', 'secrets', '--all');
    const again = world.change();
    for (let times = 0; times < 2; times += 1) expect((await again.restore(release.snapshot)).problems).toEqual([]);
    expect(await world.drift()).toEqual([]);
    await byHand(world, 'set', 'env', 'statefulset/app', 'LEVEL=debug');
    expect(await world.drift()).toHaveLength(1);
  });
});
