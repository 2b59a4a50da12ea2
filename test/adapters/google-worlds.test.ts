import { afterAll, beforeAll, expect, it } from 'vitest';
import { digestOf } from '../../contract/artifact.ts';
import { temporaryFolders } from '../emulator/folders.ts';
import { latest, to, updateService } from '../emulator/run-fixtures.ts';
import { Change, inEachWorld, ownEntry, serviceNameOf, startWorld, type World } from './google-world.ts';

const folders = temporaryFolders();
let world: World;

beforeAll(async () => {
  world = await startWorld(folders.create('worlds'));
});
afterAll(() => world.stop());

/** Releases and restores what a person has set up; answers the traffic at each stop. */
async function releaseAndRestore(change: Change) {
  const { entry } = change;
  const { target, images } = world;
  const traffic = async () => (await target.observe(entry)).traffic;
  const { snapshot, candidate } = await change.staged(images.next);
  const staged = await traffic();
  const part = await target.shift(entry, change.shiftRequest(candidate, snapshot, 30));
  const shifting = await traffic();
  await target.shift(entry, { ...change.shiftRequest(candidate, snapshot, 100), expected: part.key });
  const shifted = await target.observe(entry);
  expect(shifted.serving).toMatchObject([{ revision: candidate.revision, digest: digestOf(images.next) }]);
  const restore = { ...change.write('restore'), snapshot, candidate: candidate.revision };
  const { live, problems } = await target.restore(entry, restore);
  expect({ problems, traffic: live.traffic }).toEqual({ problems: [], traffic: snapshot.live.traffic });
  expect(live.serving).toMatchObject([{ digest: digestOf(images.old), percent: 100 }]);
  return { candidate, staged, shifting, shifted: shifted.traffic };
}

inEachWorld(
  () => world,
  (name) => {
    it.concurrent('keeps the tags of people: on the latest revision, on its share, and on a revision', async () => {
      const change = new Change(world, await ownEntry(world, { job: false }));
      const serving = (await world.target.snapshot(change.entry)).live.serving[0]?.revision ?? '';
      const traffic = [latest(100, 'live'), latest(0, 'canary'), to(serving, 0, 'kept')];
      await updateService(world.hand, { name: serviceNameOf(change.entry), traffic }, ['traffic']);
      const tags = [
        { revision: null, percent: 0, tag: 'live' },
        { revision: null, percent: 0, tag: 'canary' },
        { revision: serving, percent: 0, tag: 'kept' },
      ];
      const { staged, shifting, shifted } = await releaseAndRestore(change);
      for (const shares of [staged, shifting]) expect(shares).toEqual(expect.arrayContaining(tags));
      expect(shifted).toEqual([{ revision: null, percent: 100, tag: null }, ...tags]);
    });

    it.concurrent.each([
      [40, 'c01234'],
      [48, null],
    ])('releases and restores a service of %i characters', async (length, tag) => {
      const service = `${name}-`.padEnd(length, 'x');
      const change = new Change(world, await ownEntry(world, { job: false, name: service }));
      const { candidate, staged } = await releaseAndRestore(change);
      expect(staged.find(({ revision }) => revision === candidate.revision)?.tag ?? null).toBe(tag);
      expect(candidate.url === '').toBe(tag === null);
    });

    it.concurrent('takes the tag of a stopped candidate away, whatever its length', async () => {
      const change = new Change(world, await ownEntry(world, { job: false, name: `${name}-`.padEnd(41, 'y') }));
      const { entry } = change;
      const { snapshot, candidate } = await change.staged(world.images.next);
      const rollback = new Change(world, entry, 'c9876543210', 2);
      const restore = { ...rollback.write('restore'), snapshot, candidate: candidate.revision };
      const { live, problems } = await world.target.restore(entry, restore);
      expect({ problems, traffic: live.traffic }).toEqual({ problems: [], traffic: snapshot.live.traffic });
    });

    it('waits for a first release to be gone, and deletes it once', async () => {
      const change = new Change(world, await ownEntry(world, { service: false, job: false }));
      const { snapshot, candidate } = await change.staged(world.images.next);
      await world.cloud.control('PUT', 'tune', { operationMs: 800 });
      const restore = { ...change.write('restore'), snapshot, candidate: candidate.revision };
      const { live, problems } = await world.target.restore(change.entry, restore);
      await world.cloud.control('PUT', 'tune', { operationMs: 120 });
      expect({ exists: live.exists, problems }).toEqual({ exists: false, problems: [] });
      expect(change.calls('Services/DeleteService')).toHaveLength(1);
    });
  },
);

it('says so where the platform takes no write beside a template that has a name', async () => {
  const change = new Change(world, await ownEntry(world, { job: false }));
  const { entry } = change;
  const template = { revision: `${entry.service}-by-hand`, containers: [{ image: world.images.next }] };
  await updateService(world.hand, { name: serviceNameOf(entry), template }, ['template']);
  await world.cloud.control('PUT', 'world', { namedTemplateRefused: true });
  const expected = (await world.target.snapshot(entry)).live.key;
  await expect(world.target.stamp(entry, { ...change.write('fence'), expected })).rejects.toMatchObject({
    type: 'BadRequest',
    message: expect.stringContaining(`as if it made revision ${entry.service}-by-hand once more`) as string,
  });
  await world.cloud.control('PUT', 'world', { namedTemplateRefused: false });
  expect(change.effects('Services/UpdateService')).toHaveLength(1);
});
