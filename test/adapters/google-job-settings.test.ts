import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Job } from '../../activities/google/cloud-run/resources.ts';
import { digestOf } from '../../contract/artifact.ts';
import { temporaryFolders } from '../emulator/folders.ts';
import { Change, jobNameOf, ownEntry, startWorld, type World } from './google-world.ts';

const folders = temporaryFolders();
let world: World;
beforeAll(async () => {
  world = await startWorld(folders.create('job-settings'));
});
afterAll(() => world.stop());

/** A person edits the migration job at the console. */
async function editByHand({ entry }: Change, edit: (task: Task) => Task): Promise<void> {
  const name = jobNameOf(entry);
  const [job] = await world.hand.jobs.getJob({ name });
  const template = { ...job.template, template: edit(job.template?.template ?? {}) };
  const [operation] = await world.hand.jobs.updateJob({ job: { ...job, template } });
  await operation.promise();
}

type Task = NonNullable<NonNullable<Job['template']>['template']>;
const withVariable = (name: string, value: string) => (task: Task) => ({
  ...task,
  containers: (task.containers ?? []).map((one) => ({ ...one, env: [...(one.env ?? []), { name, value }] })),
});
const withAccount = (task: Task) => ({ ...task, serviceAccount: 'other@project.iam.gserviceaccount.com' });

/** What a run takes from its job was approved with the plan, and comes back with a restore (invariants I2 and I4). */
describe('settings of the migration job', () => {
  it.each([
    ['another database', withVariable('DATABASE_URL', 'postgres://other')],
    ['another account', withAccount],
  ])('are another state for a plan when a person gives it %s', async (_what, edit) => {
    const change = new Change(world, await ownEntry(world));
    const before = await world.target.observe(change.entry);
    expect((await world.target.observe(change.entry)).job).toEqual(before.job);
    await editByHand(change, edit);
    const { job } = await world.target.observe(change.entry);
    expect(job).toEqual({ ...before.job, settings: expect.any(String) });
    expect(job?.settings).not.toBe(before.job?.settings);
    expect(JSON.stringify(job)).not.toContain('other');
  });

  it('stop the migration when a person changes them after the approval, and nothing has run', async () => {
    const change = new Change(world, await ownEntry(world));
    const { images, target } = world;
    const { snapshot, candidate } = await change.staged(images.next);
    await editByHand(change, withVariable('DATABASE_URL', 'postgres://other'));
    const sync = change.syncRequest(images.next, candidate.revision, { expected: snapshot.live.job?.settings });
    await expect(target.syncMigration(change.entry, sync)).rejects.toMatchObject({
      type: 'Drifted',
      message: expect.stringContaining('is not what was planned'),
    });
    expect((await target.observe(change.entry)).job?.digest).toBe(digestOf(images.old));
  });

  it('are not compared again once the change has written them: a fallback follows', async () => {
    const change = new Change(world, await ownEntry(world));
    const { images, target } = world;
    const { snapshot, candidate } = await change.staged(images.next);
    const expected = snapshot.live.job?.settings;
    const more = { expected, variables: { RELEASE: 'next' } };
    await target.syncMigration(change.entry, change.syncRequest(images.next, candidate.revision, more));
    const again = {
      ...change.syncRequest(images.next, candidate.revision, more),
      ...change.write('sync-job-fallback'),
    };
    await target.syncMigration(change.entry, again);
  });

  it('all come back with a restore, and one that finds others says so', async () => {
    const change = new Change(world, await ownEntry(world));
    const { images, target } = world;
    const { snapshot, candidate } = await change.staged(images.next);
    const more = { variables: { RELEASE: 'next', KEPT: 'no' }, timeoutSeconds: 7 };
    await target.syncMigration(change.entry, change.syncRequest(images.next, candidate.revision, more));
    expect((await target.observe(change.entry)).job?.settings).not.toBe(snapshot.live.job?.settings);
    const request = { ...change.write('restore'), snapshot, candidate: candidate.revision };
    const { live, problems } = await target.restore(change.entry, request);
    expect({ problems, job: live.job }).toEqual({ problems: [], job: snapshot.live.job });
    await editByHand(change, withAccount);
    expect((await target.restore(change.entry, request)).problems).toEqual([
      expect.stringContaining('has other settings than before'),
    ]);
  });

  it('come back with a rollback to what the deploy had found, and the tag of its candidate is gone', async () => {
    const deploy = new Change(world, await ownEntry(world), 'c0000000001', 1);
    const { images, target } = world;
    const { snapshot, candidate } = await deploy.staged(images.next);
    const more = { variables: { RELEASE: 'next' } };
    await target.syncMigration(deploy.entry, deploy.syncRequest(images.next, candidate.revision, more));
    const rollback = new Change(world, deploy.entry, 'c0000000002', 2);
    const { settings, ...job } = snapshot.live.job ?? { settings: '' };
    const goal = { ...snapshot, live: { ...snapshot.live, key: '', job: job as typeof snapshot.live.job } };
    const request = { ...rollback.write('restore'), snapshot: goal, candidate: candidate.revision };
    const { live, problems } = await target.restore(deploy.entry, request);
    expect(problems).toEqual([]);
    expect(live.job?.settings).toBe(settings);
    expect(live.traffic).toEqual(snapshot.live.traffic);
  });
});
