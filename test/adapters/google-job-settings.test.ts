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
async function editByHand({ entry }: Change, edit: (task: Task) => Task, name = jobNameOf(entry)): Promise<void> {
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

const others = [
  { purpose: 'smoke', field: 'smokeJob', sync: 'syncSmoke' },
  { purpose: 'evidence', field: 'evidenceJob', sync: 'syncEvidence' },
] as const;

/** What a smoke or a program of evidence takes from its job was approved, too (invariant I4). */
describe.each(others)('settings of the job of $purpose', ({ purpose, field, sync }) => {
  const variables = (address: string) => ({ variables: { RELEASE: 'next', BASE_URL: address } });

  /** A job that an earlier change has made and used. */
  async function usedEntry(): Promise<{ entry: Change['entry']; name: string }> {
    const own = await ownEntry(world);
    const job = `${own.service}-${purpose}`;
    const entry = { ...own, [field]: job };
    const first = new Change(world, entry, 'c0000000001', 1);
    const { candidate } = await first.staged(world.images.next);
    const request = first.syncRequest(world.images.next, candidate.revision, variables('http://first.example'));
    await world.target[sync](entry, request);
    return { entry, name: jobNameOf({ ...entry, migrationJob: job }) };
  }

  it('are the same for a plan after each change that uses it, and others when a person edits them', async () => {
    const { entry, name } = await usedEntry();
    const before = (await world.target.observe(entry)).jobs?.[purpose];
    expect(before).toEqual(expect.any(String));
    const second = new Change(world, entry, 'c0000000002', 2);
    const { candidate } = await second.staged(world.images.old);
    const more = { ...variables('http://second.example'), timeoutSeconds: 7 };
    await world.target[sync](entry, second.syncRequest(world.images.old, candidate.revision, more));
    expect((await world.target.observe(entry)).jobs).toEqual({ [purpose]: before });
    await editByHand(second, withVariable('DATABASE_URL', 'postgres://other'), name);
    const edited = (await world.target.observe(entry)).jobs?.[purpose];
    expect(edited).not.toBe(before);
    await editByHand(second, withAccount, name);
    expect([before, edited]).not.toContain((await world.target.observe(entry)).jobs?.[purpose]);
  });

  it('stop a run when a person changes them after the approval', async () => {
    const { entry, name } = await usedEntry();
    const change = new Change(world, entry, 'c0000000002', 2);
    const { snapshot, candidate } = await change.staged(world.images.old);
    const expected = snapshot.live.jobs?.[purpose];
    await editByHand(change, withVariable('DATABASE_URL', 'postgres://other'), name);
    const again = () =>
      change.syncRequest(world.images.old, candidate.revision, { ...variables('http://second.example'), expected });
    await expect(world.target[sync](entry, again())).rejects.toMatchObject({
      type: 'Drifted',
      message: expect.stringContaining('is not what was planned'),
    });
    await editByHand(
      change,
      (task) => ({
        ...task,
        containers: (task.containers ?? []).map((one) => ({
          ...one,
          env: (one.env ?? []).filter((variable) => variable.name !== 'DATABASE_URL'),
        })),
      }),
      name,
    );
    await world.target[sync](entry, again());
    // The next program of the same change finds what the change itself has written.
    await world.target[sync](entry, { ...again(), ...change.write('next-program') });
  });

  it.each([
    ['makes the job', 'new'],
    ['makes the job anew', 'anew'],
  ])('stop a run when a person %s after the change has entered', async (_what, which) => {
    const used = which === 'anew' ? await usedEntry() : null;
    const own = await ownEntry(world);
    const entry = used?.entry ?? { ...own, [field]: `${own.service}-${purpose}` };
    const jobId = entry[field] ?? '';
    const name = jobNameOf({ ...entry, migrationJob: jobId });
    const change = new Change(world, entry, 'c0000000002', 2);
    const { snapshot, candidate } = await change.staged(world.images.old);
    if (used) await (await world.hand.jobs.deleteJob({ name }))[0].promise();
    const job = { template: { template: { containers: [{ image: world.images.old }] } } };
    await (await world.hand.jobs.createJob({ parent: world.cloud.parent, jobId, job }))[0].promise();
    const expected = snapshot.live.jobs?.[purpose];
    const more = { ...variables('http://second.example'), expected };
    const synced = world.target[sync](entry, change.syncRequest(world.images.old, candidate.revision, more));
    await expect(synced).rejects.toMatchObject({
      type: 'Drifted',
      message: expect.stringContaining('was made or replaced by somebody after this change had entered'),
    });
  });

  it('cannot be hidden by a person in the list of what a sync sets', async () => {
    const { entry, name } = await usedEntry();
    const before = (await world.target.observe(entry)).jobs?.[purpose];
    await editByHand(new Change(world, entry), withVariable('DATABASE_URL', 'postgres://other'), name);
    const [job] = await world.hand.jobs.getJob({ name });
    const [key = ''] = Object.keys(job.annotations ?? {}).filter((one) => one.endsWith('/set-variables'));
    const annotations = { ...job.annotations, [key]: '["BASE_URL","DATABASE_URL","RELEASE"]' };
    const [operation] = await world.hand.jobs.updateJob({ job: { ...job, annotations } });
    await operation.promise();
    expect((await world.target.observe(entry)).jobs?.[purpose]).not.toBe(before);
  });
});
