import { describe, expect, it } from 'vitest';
import type { RotatedSecret } from '../../contract/plan.ts';
import { clusterForFile } from '../sandbox/cluster.ts';
import { failureOf } from '../failure-of.ts';
import { openHarness } from '../workflows/stage.ts';
import { deployOf, rotationOf } from '../workflows/runs.ts';
import { watchUsers } from '../end-to-end/users.ts';
import { ClusterWorld } from './cluster-world.ts';
import { refusalOf } from './overlay-folder.ts';
import { ReleaseWorld, type WorkloadKind } from './release-world.ts';

const cluster = clusterForFile();
const secretName = 'app-secrets';
const secret = `${secretName}/KEY`;

/** Creates the Secret that the overlay names, as a person has done before. */
async function createSecret({ target: { namespace } }: ReleaseWorld): Promise<void> {
  const metadata = { name: secretName, namespace };
  await cluster.create({ apiVersion: 'v1', kind: 'Secret', metadata, stringData: { KEY: 'good one' } });
}

const env = [{ name: 'KEY', valueFrom: { secretKeyRef: { name: secretName, key: 'KEY' } } }];
const rotation = (from: string, to: string): RotatedSecret[] => [{ variable: 'KEY', secret, from, to }];
const add = ({ versions, target }: ReleaseWorld, value: string) => versions.add(target, secret, Buffer.from(value));

/** The Secret that the pods' variable names. */
async function secretRead(world: ReleaseWorld): Promise<string> {
  const path = '{.items[*].spec.containers[0].env[?(@.name=="KEY")].valueFrom.secretKeyRef.name}';
  const { stdout } = await world.kubectl('get', 'pods', '--selector', 'app=app', '--output', `jsonpath=${path}`);
  return [...new Set(stdout.split(' '))].join(' ');
}

/** Opens a world in which something serves that reads the secret by a variable, or as a whole. */
async function openWorld(kind: WorkloadKind, how: 'variable' | 'whole' = 'variable'): Promise<ReleaseWorld> {
  const world = await ReleaseWorld.open(cluster, kind);
  await createSecret(world);
  if (how === 'variable') world.env = env;
  else world.secretsFrom = [secretName];
  await world.change().release(await world.artifact('a'.repeat(40), 'needsKey'));
  return world;
}

async function serving({ port, target }: ReleaseWorld): Promise<string> {
  return (await port.observe(target)).serving[0]?.revision ?? '';
}

describe.each<WorkloadKind>(['StatefulSet', 'Deployment', 'DaemonSet'])('a rotation of a secret of a %s', (kind) => {
  it('gives the pods another Secret, is no drift, and the next release keeps it', async () => {
    const world = await openWorld(kind);
    const { port, target, secrets } = world;
    expect(await port.secretsInUse(target, await serving(world))).toEqual([{ variable: 'KEY', secret, version: '1' }]);
    expect(await add(world, 'good two')).toBe('2');
    expect(await secrets.read(target, secret, 'latest')).toBe('good one');
    const { shift } = await world.change().stageRotation(rotation('1', '2'));
    const { revision } = await shift();
    expect(await shift()).toMatchObject({ revision });
    expect(await secretRead(world)).toBe(`${secretName}-v2`);
    expect(await secrets.read(target, secret, 'latest')).toBe('good two');
    expect(await world.drift()).toEqual([]);
    expect(await port.secretReaders(target, secret, '1')).toEqual([]);
    expect(await port.secretReaders(target, secret, '2')).toHaveLength(2);

    await secrets.disable(target, secret, '1');
    await secrets.disable(target, secret, '1');
    expect(await secrets.stateOf(target, secret, '1')).toBe('disabled');
    expect(await world.value(`secret/${secretName}`, '{.data}')).toContain('KEY.disabled');
    const next = await world.artifact('b'.repeat(40), 'needsKey');
    expect((await world.change().difference(next)).text).not.toContain('secretKeyRef');
    const migration = await world.change().migrate(next, ['sh', '-c', 'echo "$KEY"']);
    const log = await port.executionLog(target, { execution: migration.execution, since: migration.startedAt });
    expect(log.lines).toEqual(['good two']);
    await world.change().release(next);
    expect(await secretRead(world)).toBe(`${secretName}-v2`);
  });
});

describe('a rotation on Kubernetes', () => {
  it('whose value is bad stops at the first pod, and goes back to the old version', async () => {
    const world = await openWorld('StatefulSet');
    const before = await serving(world);
    await add(world, 'bad');
    const change = world.change();
    const { shift } = await change.stageRotation(rotation('1', '2'));
    expect(await refusalOf(shift())).toMatchObject({ type: 'GateFailed' });
    expect((await change.restore()).problems).toEqual([]);
    expect(await secretRead(world)).toBe(secretName);
    expect(await serving(world)).toBe(before);
    expect(await world.drift()).toEqual([]);
    // The next version has another number: what was not taken stays as it is.
    expect(await add(world, 'good three')).toBe('3');
  });

  it('gives a variable of a whole Secret an entry of its own', async () => {
    const world = await openWorld('Deployment', 'whole');
    const { port, target } = world;
    expect(await port.secretsInUse(target, await serving(world))).toEqual([{ variable: 'KEY', secret, version: '1' }]);
    await add(world, 'good two');
    await (await world.change().stageRotation(rotation('1', '2'))).shift();
    expect(await secretRead(world)).toBe(`${secretName}-v2`);
    await world.secrets.disable(target, secret, '1');
    await world.change().release(await world.artifact('b'.repeat(40), 'needsKey'));
    expect(await secretRead(world)).toBe(`${secretName}-v2`);
    expect(await port.secretsInUse(target, await serving(world))).toEqual([{ variable: 'KEY', secret, version: '2' }]);
    const ledger = { revision: await serving(world), digest: '', commit: '' };
    expect(await port.settingsDrift(target, ledger)).toEqual([]);
    await world.secrets.disable(target, secret, '2');
    expect(await port.settingsDrift(target, ledger)).toEqual([
      `a new pod of Deployment app would not start: version 2 of secret ${secret} is disabled`,
    ]);
  });

  it('knows of pods that read it before they start, and of those that have it as a file', async () => {
    const world = await openWorld('Deployment');
    const { port, target } = world;
    const init = { name: 'before', image: 'app-image', command: ['node', '-e', '0'], env };
    world.podSpec = { initContainers: [init], volumes: [{ name: 'keys', secret: { secretName } }] };
    target.container = 'app';
    await world.change().release(await world.artifact('b'.repeat(40), 'needsKey'));
    await add(world, 'good two');
    await (await world.change().stageRotation(rotation('1', '2'))).shift();
    const before = '{.spec.template.spec.initContainers[0].env[?(@.name=="KEY")].valueFrom.secretKeyRef.name}';
    expect(await world.value('deployment/app', before)).toBe(`${secretName}-v2`);
    // The file stays with the first version, so that is not to be disabled.
    expect(await port.secretReaders(target, secret, '1')).toHaveLength(2);
  });

  it('has no way back to pods that would not find their version: they have to be released again', async () => {
    const world = await openWorld('StatefulSet');
    await add(world, 'good two');
    const change = world.change();
    await (await change.stageRotation(rotation('1', '2'))).shift();
    await world.secrets.disable(world.target, secret, '1');
    expect(await refusalOf(change.restore())).toMatchObject({
      type: 'Missing',
      message: expect.stringContaining(`version 1 of secret ${secret} is disabled`),
    });
    expect(await secretRead(world)).toBe(`${secretName}-v2`);
  });
});

describe('the workflow on a cluster, under traffic', () => {
  const harness = openHarness();

  it('rotates without a failed request, and takes a bad value back', async () => {
    const world = await ClusterWorld.open(cluster);
    const { release } = world;
    await createSecret(release);
    // A pod that ends answers for as long as it takes until nobody is sent to it any more.
    release.env = [...env, { name: 'DRAIN_MS', value: '1500' }];
    release.spec = { minReadySeconds: 1 };
    world.good = 'needsKey';
    await harness.with(world, async (start) => {
      await (await start('deploy', deployOf(world))).result();
      const users = watchUsers(release.target.url, '/healthz');
      expect(await add(release, 'good two')).toBe('2');
      const good = await start('rotateSecrets', rotationOf(world, { secrets: { KEY: '2' } }));
      expect((await good.result()).outcome).toBe(`rotated KEY 1 → 2; version 1 of ${secret} is disabled`);
      expect(await add(release, 'bad')).toBe('3');
      const bad = await start('rotateSecrets', rotationOf(world, { secrets: { KEY: '3' } }));
      expect(await failureOf(bad)).toMatchObject({ type: 'RolledBack' });
      expect(await secretRead(release)).toBe(`${secretName}-v2`);
      expect(await release.secrets.stateOf(release.target, secret, '2')).toBe('enabled');
      const { served, failed } = await users.stop();
      expect(failed).toEqual([]);
      expect(served).toBeGreaterThan(20);
    });
  });
});
