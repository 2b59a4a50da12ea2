import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSecretManager } from '../../activities/google/secrets.ts';
import type { CloudRunEntry } from '../../contract/catalog/targets/cloud-run.ts';
import type { Served } from '../../contract/ledger.ts';
import { temporaryFolders } from '../emulator/folders.ts';
import { latest, updateService } from '../emulator/run-fixtures.ts';
import { Change, ownEntry, serviceNameOf, startWorld, type World } from './google-world.ts';

const folders = temporaryFolders();
let world: World;

beforeAll(async () => {
  world = await startWorld(folders.create('drift'));
});
afterAll(() => world.stop());

/** A service with a secret that Slipway has released, and what the ledger has of it. */
async function released(): Promise<{ entry: CloudRunEntry; ledger: Served; secret: string }> {
  const entry = await ownEntry(world);
  const { person, cloud, target, images } = world;
  const secret = `${entry.service}-key`;
  const parent = `projects/${cloud.project}`;
  await person.secrets.createSecret({ parent, secretId: secret, secret: { replication: { automatic: {} } } });
  for (const value of ['one', 'two'])
    await person.secrets.addSecretVersion({
      parent: `${parent}/secrets/${secret}`,
      payload: { data: Buffer.from(value) },
    });
  const change = new Change(world, entry);
  const snapshot = await target.snapshot(entry);
  const { key } = await target.stamp(entry, { ...change.write('fence'), expected: snapshot.live.key });
  const secrets = { KEY: { secret, version: '1' } };
  const candidate = await target.stage(entry, { ...change.stageRequest(images.next, snapshot, key), secrets });
  await target.shift(entry, change.shiftRequest(candidate, snapshot, 100));
  const [serving] = (await target.observe(entry)).serving;
  return { entry, secret, ledger: { revision: '', digest: '', commit: '', ...serving } };
}

/** Somebody edits the container by hand, as the console does. */
async function editByHand(entry: CloudRunEntry, env: object[], traffic?: object[]): Promise<void> {
  const [service] = await world.hand.services.getService({ name: serviceNameOf(entry) });
  const [container] = service.template?.containers ?? [];
  const kept = (container?.env ?? []).filter(({ name }) => !env.some((one) => (one as { name: string }).name === name));
  const template = { ...service.template, revision: '', containers: [{ ...container, env: [...kept, ...env] }] };
  const changed = { ...service, template, ...(traffic && { traffic }), etag: '' };
  await updateService(world.hand, changed, ['template', ...(traffic ? ['traffic'] : [])]);
}

describe('drift of settings', () => {
  it('is none after a release, nor after a restore of what is pinned', async () => {
    const { entry, ledger } = await released();
    expect(await world.target.settingsDrift(entry, ledger)).toEqual([]);
    const [service] = await world.hand.services.getService({ name: serviceNameOf(entry) });
    const pinned = {
      type: 'TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION' as const,
      revision: ledger.revision,
      percent: 100,
    };
    await updateService(world.hand, { ...service, traffic: [pinned], etag: '' }, ['traffic']);
    const change = new Change(world, entry, 'c0000000002', 2);
    const { snapshot, candidate } = await change.staged(world.images.old);
    await world.target.restore(entry, { ...change.write('restore'), snapshot, candidate: candidate.revision });
    expect(await world.target.settingsDrift(entry, ledger)).toEqual([]);
  });

  it('names what somebody has edited, versions of secrets with their numbers, and never a value', async () => {
    const { entry, ledger, secret } = await released();
    const key = { name: 'KEY', valueSource: { secretKeyRef: { secret, version: '2' } } };
    await editByHand(entry, [{ name: 'DEBUG', value: 'hunter2' }, { name: 'RELEASE', value: 'hunter3' }, key]);
    const [line, ...more] = await world.target.settingsDrift(entry, ledger);
    expect(more).toEqual([]);
    expect(line).toContain(`serves, but the ledger has ${ledger.revision}: `);
    expect(line).toContain('variable DEBUG was added');
    expect(line).toContain('variable RELEASE differs');
    expect(line).toContain(`secret of KEY version 2 of ${secret}, not version 1 of ${secret}`);
    expect(line).not.toContain('hunter');
  });

  it('says when traffic is split, and what the next change would bring', async () => {
    const { entry, ledger } = await released();
    const named = { type: 'TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION' as const, revision: ledger.revision };
    await editByHand(entry, [{ name: 'DEBUG', value: '1' }], [{ ...named, percent: 100 }]);
    expect(await world.target.settingsDrift(entry, ledger)).toEqual([
      expect.stringMatching(/^the service's template is .*, so the next change would bring: variable DEBUG was added$/),
    ]);
    await editByHand(entry, [], [{ ...named, percent: 70 }, latest(30)]);
    const lines = await world.target.settingsDrift(entry, ledger);
    expect(lines[0]).toMatch(/^the traffic is split: \S+ 70 %, \S+ 30 %; the ledger has \S+ alone$/);
  });

  it('says when new instances would not start, since a version is disabled', async () => {
    const { entry, ledger, secret } = await released();
    await createSecretManager(world.clients).disable(entry, secret, '1');
    expect(await world.target.settingsDrift(entry, ledger)).toEqual([
      `a new instance of ${ledger.revision} would not start as it is: version 1 of secret ${secret} is disabled`,
    ]);
  });
});
