import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { candidateRevision } from '../../activities/google/cloud-run/names.ts';
import { createSecretManager, createSecretVersions } from '../../activities/google/secrets.ts';
import type { CloudRunEntry } from '../../contract/catalog/targets/cloud-run.ts';
import type { RotatedSecret } from '../../contract/plan.ts';
import { digestOf } from '../../contract/artifact.ts';
import { createService, latest, template } from '../emulator/run-fixtures.ts';
import { temporaryFolders } from '../emulator/folders.ts';
import { artifactOf, Change, jobNameOf, ownEntry, serviceNameOf, startWorld, type World } from './google-world.ts';

const folders = temporaryFolders();
let world: World;

beforeAll(async () => {
  world = await startWorld(folders.create('rotation'));
});
afterAll(() => world.stop());

const secretService = 'google.cloud.secretmanager.v1.SecretManagerService';
let secretsMade = 0;

/** Makes a secret with one version, and a service whose variable KEY reads it, as people deploy by hand. */
async function serviceWithSecret(version = 'latest'): Promise<{ entry: CloudRunEntry; secret: string }> {
  secretsMade += 1;
  const secret = `key-${secretsMade}`;
  const { cloud, person, hand, images } = world;
  const parent = `projects/${cloud.project}`;
  await person.secrets.createSecret({ parent, secretId: secret, secret: { replication: { automatic: {} } } });
  await person.secrets.addSecretVersion({
    parent: `${parent}/secrets/${secret}`,
    payload: { data: Buffer.from('one') },
  });
  const entry = await ownEntry(world, { service: false });
  const env = [{ name: 'KEY', valueSource: { secretKeyRef: { secret, version } } }];
  await createService(hand, cloud, entry.service, {
    template: { containers: [{ ...template(images.old).containers?.[0], env }] },
    traffic: [latest(100)],
  });
  return { entry, secret };
}

async function versionOf(entry: CloudRunEntry): Promise<string | null | undefined> {
  const [service] = await world.hand.services.getService({ name: serviceNameOf(entry) });
  return service.template?.containers?.[0]?.env?.find(({ name }) => name === 'KEY')?.valueSource?.secretKeyRef?.version;
}

function rotationOf(secret: string, from = '1', to = '2'): RotatedSecret[] {
  return [{ variable: 'KEY', secret, from, to }];
}

/** Stages a rotation, as a workflow does. */
async function staged(change: Change, secrets: RotatedSecret[]) {
  const { target } = world;
  const snapshot = await target.snapshot(change.entry);
  const { key } = await target.stamp(change.entry, { ...change.write('fence'), expected: snapshot.live.key });
  const request = { ...change.write('stage'), expected: key, snapshot, secrets };
  return { snapshot, request, candidate: await target.stageSecrets(change.entry, request) };
}

const store = () => createSecretManager(world.clients);
const add = (entry: CloudRunEntry, secret: string, value: string) =>
  createSecretVersions(world.person).add(entry, secret, Buffer.from(value));

describe('a release', () => {
  it('pins a secret that the catalog reads as the newest, and keeps the version that is pinned', async () => {
    const { entry, secret } = await serviceWithSecret();
    const { target, images } = world;
    const secrets = { KEY: { secret, version: 'latest' } };
    const release = async (id: string, number: number) => {
      const change = new Change(world, entry, id, number);
      const snapshot = await target.snapshot(entry);
      const { key } = await target.stamp(entry, { ...change.write('fence'), expected: snapshot.live.key });
      const candidate = await target.stage(entry, { ...change.stageRequest(images.next, snapshot, key), secrets });
      const job = await target.syncMigration(entry, change.syncRequest(images.next, candidate.revision, { secrets }));
      expect(job.digest).toBe(digestOf(images.next));
      await target.shift(entry, change.shiftRequest(candidate, snapshot, 100));
    };
    await release('c0000000001', 1);
    expect(await versionOf(entry)).toBe('1');
    await add(entry, secret, 'two');
    const difference = await target.difference(entry, {
      repository: { url: 'https://git.example/app.git', branch: 'main' },
      artifact: artifactOf(images.old),
      variables: {},
      secrets,
    });
    expect(difference.text).not.toMatch(/^[-+] .*version/m);
    await release('c0000000002', 2);
    expect(await versionOf(entry)).toBe('1');
    const [job] = await world.hand.jobs.getJob({ name: jobNameOf(entry) });
    const reference = job.template?.template?.containers?.[0]?.env?.find(({ name }) => name === 'KEY');
    expect(reference?.valueSource?.secretKeyRef?.version).toBe('1');
  });

  it('leaves a reference as it is where nobody may look at the secret', async () => {
    const { entry, secret } = await serviceWithSecret();
    const change = new Change(world, entry);
    const method = `${secretService}/GetSecretVersion`;
    await world.cloud.control('POST', 'faults', { method, nth: 1, kind: 'error', code: 'PERMISSION_DENIED' });
    const snapshot = await world.target.snapshot(entry);
    const { key } = await world.target.stamp(entry, { ...change.write('fence'), expected: snapshot.live.key });
    const secrets = { KEY: { secret, version: 'latest' } };
    await world.target.stage(entry, { ...change.stageRequest(world.images.next, snapshot, key), secrets });
    expect(await versionOf(entry)).toBe('latest');
  });
});

describe('a rotation', () => {
  it('stages the same image and settings with the next version, and gives jobs and gates the same', async () => {
    const { entry, secret } = await serviceWithSecret('1');
    const { target, images } = world;
    expect(await add(entry, secret, 'two')).toBe('2');
    const serving = (await target.observe(entry)).serving[0];
    expect(await target.secretsInUse(entry, serving?.revision ?? '')).toEqual([
      { variable: 'KEY', secret, version: '1' },
    ]);
    // Whoever is asked about the service uses what the service reads, not what is the newest.
    expect(await store().read(entry, secret, 'latest')).toBe('one');

    const change = new Change(world, entry);
    const { snapshot, candidate, request } = await staged(change, rotationOf(secret));
    expect(candidate.revision).toBe(candidateRevision(entry.service, change.id, 1));
    expect(await (await fetch(candidate.url)).text()).toBe('1');
    expect(await store().read(entry, secret, 'latest')).toBe('two');
    expect((await target.observe(entry)).serving).toEqual(snapshot.live.serving);
    // Once more, by the worker that comes after one that died: there is nothing left to do.
    expect(await target.stageSecrets(entry, request)).toEqual(candidate);
    await target.shift(entry, change.shiftRequest(candidate, snapshot, 100));
    const { problems, live } = await target.readBack(entry, {
      artifact: artifactOf(images.old),
      revision: candidate.revision,
      withJob: false,
      withDrift: false,
    });
    expect(problems).toEqual([]);
    expect(live.traffic).toEqual(snapshot.live.traffic);
    expect(await target.secretReaders(entry, secret, '1')).toEqual([]);
    expect(await target.secretReaders(entry, secret, '2')).toEqual([
      `the template of ${entry.service}`,
      `revision ${candidate.revision}`,
    ]);
  });

  it('goes back to the old version, and leaves what a release would keep', async () => {
    const { entry, secret } = await serviceWithSecret('1');
    await add(entry, secret, 'two');
    const change = new Change(world, entry);
    const { snapshot, candidate } = await staged(change, rotationOf(secret));
    await world.target.shift(entry, change.shiftRequest(candidate, snapshot, 100));
    const restored = await world.target.restore(entry, {
      ...change.write('restore'),
      snapshot,
      candidate: candidate.revision,
    });
    expect(restored.problems).toEqual([]);
    expect(await versionOf(entry)).toBe('1');
    expect(await store().read(entry, secret, 'latest')).toBe('one');
    // The value that was not taken is disabled by a person: what the service reads is there all the same.
    await store().disable(entry, secret, '2');
    expect(await store().stateOf(entry, secret, 'latest')).toBe('enabled');
  });

  it('gives a job that reads the secret the next version, in one fenced write', async () => {
    const { entry, secret } = await serviceWithSecret('1');
    await add(entry, secret, 'two');
    const change = new Change(world, entry);
    const secrets = { KEY: { secret, version: '1' } };
    const { live } = await world.target.snapshot(entry);
    await world.target.stamp(entry, { ...change.write('fence'), expected: live.key });
    await world.target.syncMigration(entry, {
      ...change.syncRequest(world.images.old, '', { secrets }),
      revision: null,
    });
    expect(await world.target.secretReaders(entry, secret, '1')).toContain(`job ${entry.migrationJob}`);
    const request = { ...change.write('retire-secrets'), secrets: rotationOf(secret) };
    await world.target.syncJobSecrets(entry, request);
    await world.target.syncJobSecrets(entry, request);
    expect(await world.target.secretReaders(entry, secret, '1')).not.toContain(`job ${entry.migrationJob}`);
    const written = change.stepsWith('Jobs/UpdateJob');
    expect(written).toEqual(['fence', 'sync-job', `retire-secrets/${entry.migrationJob}`]);
  });

  it('is not taken back to a revision whose version is disabled: that has to be released again', async () => {
    const { entry, secret } = await serviceWithSecret('1');
    await add(entry, secret, 'two');
    const change = new Change(world, entry);
    const { snapshot, candidate } = await staged(change, rotationOf(secret));
    await world.target.shift(entry, change.shiftRequest(candidate, snapshot, 100));
    await store().disable(entry, secret, '1');
    const restore = world.target.restore(entry, { ...change.write('restore'), snapshot, candidate: null });
    await expect(restore).rejects.toMatchObject({
      type: 'Missing',
      message: expect.stringContaining(`version 1 of secret ${secret} is disabled`),
    });
    expect((await world.target.observe(entry)).serving).toMatchObject([{ revision: candidate.revision, percent: 100 }]);
  });

  it('is not taken back to a revision that would read a newer version than the service stays with', async () => {
    const { entry, secret } = await serviceWithSecret();
    const change = new Change(world, entry);
    const { snapshot, candidate } = await staged(change, rotationOf(secret, 'latest', '1'));
    await world.target.shift(entry, change.shiftRequest(candidate, snapshot, 100));
    await add(entry, secret, 'two, which nobody took');
    const restore = world.target.restore(entry, { ...change.write('restore'), snapshot, candidate: null });
    await expect(restore).rejects.toMatchObject({
      type: 'Missing',
      message: expect.stringContaining(`the newest version of secret ${secret}, 2, and the service stays with 1`),
    });
  });

  it('says so when instances of the next version do not start', async () => {
    const { entry, secret } = await serviceWithSecret('1');
    await add(entry, secret, 'two');
    await store().disable(entry, secret, '2');
    await expect(staged(new Change(world, entry), rotationOf(secret))).rejects.toMatchObject({ type: 'GateFailed' });
    expect((await world.target.observe(entry)).serving).toHaveLength(1);
  });
});

describe('disabling a version', () => {
  it('looks first, goes on after a change in between, and is safe to repeat', async () => {
    const { entry, secret } = await serviceWithSecret('1');
    const method = `${secretService}/DisableSecretVersion`;
    await world.cloud.control('POST', 'faults', { method, nth: 1, kind: 'error', code: 'FAILED_PRECONDITION' });
    await store().disable(entry, secret, '1');
    await store().disable(entry, secret, '1');
    expect(await store().stateOf(entry, secret, '1')).toBe('disabled');
    const effects = world.cloud.calls().filter((call) => call.method === method && call.effect === 'updated');
    expect(effects.filter(({ resource }) => resource.includes(`/${secret}/`))).toHaveLength(1);
    await expect(store().disable(entry, secret, '9')).rejects.toMatchObject({ type: 'Missing' });
  });

  it('whose answer is lost is repeated, and found done', async () => {
    const { entry, secret } = await serviceWithSecret('1');
    const method = `${secretService}/DisableSecretVersion`;
    await world.cloud.control('POST', 'faults', { method, nth: 1, kind: 'lost' });
    await expect(store().disable(entry, secret, '1')).rejects.toMatchObject({ nonRetryable: false });
    await store().disable(entry, secret, '1');
    expect(await store().stateOf(entry, secret, '1')).toBe('disabled');
  });
});
