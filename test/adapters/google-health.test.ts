import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { temporaryFolders } from '../emulator/folders.ts';
import { Change, jobNameOf, ownEntry, startWorld, type World } from './google-world.ts';

const folders = temporaryFolders();
let world: World;

beforeAll(async () => {
  world = await startWorld(folders.create('health'));
});
afterAll(() => world.stop());

describe('the daily checks of a Cloud Run service', () => {
  it('find service and revision ready, and that nothing has migrated yet', async () => {
    const entry = await ownEntry(world);
    expect(await world.target.health(entry)).toEqual([
      { name: 'service', verdict: 'pass', reason: `service ${entry.service} is ready` },
      { name: 'revisions', verdict: 'pass', reason: expect.stringMatching(/^app-\d+-\S+ serves 100 %$/) },
      { name: 'migration', verdict: 'inconclusive', reason: `job ${entry.migrationJob} has not run yet` },
    ]);
    const { migrationJob: _none, ...withoutJob } = entry;
    expect((await world.target.health(withoutJob)).map(({ name }) => name)).toEqual(['service', 'revisions']);
  });

  it('find what is not there', async () => {
    const entry = await ownEntry(world, { service: false, job: false });
    expect(await world.target.health(entry)).toEqual([
      { name: 'service', verdict: 'fail', reason: `service ${entry.service} does not exist` },
      { name: 'revisions', verdict: 'fail', reason: 'no revision serves' },
      { name: 'migration', verdict: 'fail', reason: `job ${entry.migrationJob} does not exist` },
    ]);
  });

  it('tell how the last migration ended', async () => {
    const change = new Change(world, await ownEntry(world));
    const { target, images, hand } = world;
    const { candidate } = await change.staged(images.next);
    const ready = await target.syncMigration(change.entry, change.syncRequest(images.next, candidate.revision));
    const { execution } = await target.runJob(change.entry, change.runRequest(images.next, ready));
    const migration = async () => (await target.health(change.entry)).find(({ name }) => name === 'migration');
    expect(await migration()).toEqual({
      name: 'migration',
      verdict: 'pass',
      reason: expect.stringMatching(new RegExp(`^execution ${execution} succeeded at 20`)),
    });
    const overrides = { containerOverrides: [{ env: [{ name: 'EXIT_CODE', value: '1' }] }] };
    const [operation] = await hand.jobs.runJob({ name: jobNameOf(change.entry), overrides });
    await operation.promise().catch(() => undefined);
    expect(await migration()).toMatchObject({ verdict: 'fail', reason: expect.stringMatching(/failed at 20.*: \S/) });
  });

  it('look at the job of the post-deploy smoke where there is one', async () => {
    const entry = { ...(await ownEntry(world)), smokeJob: 'app-smoke' };
    const change = new Change(world, entry);
    const { target, images } = world;
    const smoke = async () => (await target.health(entry)).find(({ name }) => name === 'smoke');
    expect(await smoke()).toEqual({ name: 'smoke', verdict: 'fail', reason: 'job app-smoke does not exist' });
    const { candidate } = await change.staged(images.next);
    const ready = await target.syncSmoke(entry, change.syncRequest(images.next, candidate.revision));
    expect(ready.job).toBe('app-smoke');
    const { execution } = await target.runJob(entry, change.runRequest(images.next, ready));
    expect(await smoke()).toMatchObject({ verdict: 'pass', reason: expect.stringContaining(execution) });
    expect(await target.pendingWork(entry)).toEqual([]);
  });

  it('find a revision that never became ready', async () => {
    const change = new Change(world, await ownEntry(world));
    await change.staged(world.images.broken).catch(() => undefined);
    expect(await world.target.health(change.entry)).toMatchObject([
      { name: 'service', verdict: 'fail', reason: expect.stringContaining('is not ready: ') },
      { name: 'revisions', verdict: 'pass' },
      { name: 'migration' },
    ]);
  });
});
