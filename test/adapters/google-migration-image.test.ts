import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { digestOf } from '../../contract/artifact.ts';
import { temporaryFolders } from '../emulator/folders.ts';
import { Change, jobNameOf, ownEntry, startWorld, type World } from './google-world.ts';

const folders = temporaryFolders();
let world: World;

beforeAll(async () => {
  world = await startWorld(folders.create('migration-image'));
  // Where a token starts the run, the job's new program and its run are one write.
  await world.cloud.control('PUT', 'world', { startToken: 'ignored' });
});
afterEach(() => world.cloud.control('DELETE', 'faults'));
afterAll(() => world.stop());

const fallback = { command: ['node'], args: ['job.js', 'older'] };

/** Prepares a run that has to give the job another program first, as the recorded fallback does. */
async function readyForFallback() {
  const change = new Change(world, await ownEntry(world));
  const { candidate } = await change.staged(world.images.next);
  const sync = change.syncRequest(world.images.next, candidate.revision);
  const ready = await world.target.syncMigration(change.entry, sync);
  return { change, request: change.runRequest(world.images.next, ready, fallback) };
}

async function readJob(change: Change) {
  const [job] = await world.hand.jobs.getJob({ name: jobNameOf(change.entry) });
  return job;
}

/** Gives the job another image by hand, and leaves the rest as it is: program, marker and fence. */
async function giveOldImage(change: Change): Promise<void> {
  const job = await readJob(change);
  const container = job.template?.template?.containers?.[0];
  if (container) container.image = world.images.old;
  await (await world.hand.jobs.updateJob({ job }))[0].promise();
}

async function jobHasProgram(change: Change, command: string[]): Promise<void> {
  const programOf = async () => (await readJob(change)).template?.template?.containers?.[0]?.command ?? [];
  while (String(await programOf()) !== String(command)) await pause(20);
}

describe('a job that somebody gives another image is not run (invariant I2)', () => {
  it('between its new program and a repeat of its run', async () => {
    const { change, request } = await readyForFallback();
    await change.fault('Jobs/RunJob', 'error', { code: 'PERMISSION_DENIED' });
    await expect(world.target.runJob(change.entry, request)).rejects.toMatchObject({ type: 'Denied' });
    await jobHasProgram(change, fallback.command);
    await giveOldImage(change);
    // The call was announced, so a repeat makes none: nobody knows here that the platform refused it.
    await expect(world.target.runJob(change.entry, request)).rejects.toMatchObject({ type: 'Unknown' });
    expect(await change.executions()).toEqual([]);
  });

  it('before the lost answer of its new program is settled', async () => {
    const { change, request } = await readyForFallback();
    await change.fault('Jobs/UpdateJob', 'lost');
    const run = expect(world.target.runJob(change.entry, request)).rejects.toMatchObject({
      type: 'Drifted',
      message: expect.stringContaining(digestOf(world.images.old) ?? '') as string,
    });
    await jobHasProgram(change, fallback.command);
    await giveOldImage(change);
    await run;
    expect(await change.executions()).toEqual([]);
  });
});
