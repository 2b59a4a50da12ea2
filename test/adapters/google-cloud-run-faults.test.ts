import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { setTimeout as wait } from 'node:timers/promises';
import { digestOf } from '../../contract/artifact.ts';
import { temporaryFolders } from '../emulator/folders.ts';
import { latest, to, updateService } from '../emulator/run-fixtures.ts';
import { Change, jobNameOf, ownEntry, serviceNameOf, startWorld, type World } from './google-world.ts';

const folders = temporaryFolders();
let world: World;

beforeAll(async () => {
  world = await startWorld(folders.create('adapters'));
});
afterEach(async () => {
  await world.cloud.control('DELETE', 'faults');
  await world.cloud.control('PUT', 'tune', { listLagMs: 0 });
});
afterAll(() => world.stop());

/** A change that has staged its candidate and given the job its image. */
async function readyToMigrate() {
  const change = new Change(world, await ownEntry(world));
  const { candidate } = await change.staged(world.images.next);
  const ready = await world.target.syncMigration(
    change.entry,
    change.syncRequest(world.images.next, candidate.revision),
  );
  return { change, candidate, ready };
}

describe('one execution for a migration command', () => {
  it.each(['lost', 'delay', 'error'] as const)('with the call that runs it met by: %s', async (kind) => {
    const { change, ready } = await readyToMigrate();
    // A delayed call applies after its caller has given it up.
    await change.fault('Jobs/UpdateJob', kind, { ms: 2_000, code: 'UNAVAILABLE' });
    const run = await world.target.runJob(change.entry, change.runRequest(world.images.next, ready));
    expect(run).toMatchObject({ outcome: 'succeeded', taskAttempts: 1 });
    await wait(kind === 'delay' ? 1_500 : 0);
    expect(await change.executions()).toHaveLength(1);
  });

  it('with the answer lost and the listing delayed', async () => {
    const { change, ready } = await readyToMigrate();
    await world.cloud.control('PUT', 'tune', { listLagMs: 60_000 });
    await change.fault('Jobs/UpdateJob', 'lost');
    const request = change.runRequest(world.images.next, ready);
    const run = await world.target.runJob(change.entry, request);
    expect(await world.target.runJob(change.entry, request)).toEqual(run);
    await world.cloud.control('PUT', 'tune', { listLagMs: 0 });
    expect(await change.executions()).toHaveLength(1);
  });

  it('followed again by a repeat while it runs; giving it up does not stop it', async () => {
    const change = new Change(world, await ownEntry(world));
    const { candidate } = await change.staged(world.images.next);
    const ready = await world.target.syncMigration(
      change.entry,
      change.syncRequest(world.images.next, candidate.revision, { variables: { SLEEP_MS: '1500' } }),
    );
    const gone = new AbortController();
    const request = change.runRequest(world.images.next, ready);
    const given = world.target.runJob(change.entry, { ...request, signal: gone.signal });
    setTimeout(() => gone.abort(new Error('given up')), 600);
    await expect(given).rejects.toThrow('given up');
    expect(await world.target.pendingWork(change.entry)).toEqual([expect.stringContaining('is running') as string]);
    expect(await world.target.runJob(change.entry, request)).toMatchObject({ outcome: 'succeeded' });
    expect(await change.executions()).toHaveLength(1);
  });

  it('of an earlier attempt whose outcome nobody saw: a further attempt follows it', async () => {
    const { change, candidate, ready } = await readyToMigrate();
    await change.fault('Executions/GetExecution', 'error', { code: 'PERMISSION_DENIED' });
    const refused = world.target.runJob(change.entry, change.runRequest(world.images.next, ready));
    await expect(refused).rejects.toMatchObject({ type: 'Denied' });
    const sync = { ...change.syncRequest(world.images.next, candidate.revision), marker: change.marker('migrate', 2) };
    const again = await world.target.syncMigration(change.entry, sync);
    const request = { ...change.runRequest(world.images.next, again), marker: change.marker('migrate', 2) };
    const run = await world.target.runJob(change.entry, { ...request, earlier: [{ attempt: 1, ready }] });
    expect(run).toMatchObject({ outcome: 'succeeded', taskAttempts: 1 });
    expect(await change.executions()).toHaveLength(1);
  });

  it('of a further attempt, where the earlier one has started none and the job was written since', async () => {
    const { change, candidate, ready } = await readyToMigrate();
    const [job] = await world.hand.jobs.getJob({ name: jobNameOf(change.entry) });
    const [operation] = await world.hand.jobs.updateJob({ job: { ...job, labels: { by: 'hand' } } });
    await operation.promise();
    const first = world.target.runJob(change.entry, change.runRequest(world.images.next, ready));
    await expect(first).rejects.toMatchObject({ type: 'Drifted' });
    const sync = { ...change.syncRequest(world.images.next, candidate.revision), marker: change.marker('migrate', 2) };
    const again = await world.target.syncMigration(change.entry, sync);
    const request = { ...change.runRequest(world.images.next, again), marker: change.marker('migrate', 2) };
    const run = await world.target.runJob(change.entry, { ...request, earlier: [{ attempt: 1, ready }] });
    expect(run.outcome).toBe('succeeded');
    expect(await change.executions()).toHaveLength(1);
  });

  it('says how a command failed', async () => {
    const change = new Change(world, await ownEntry(world));
    const { candidate } = await change.staged(world.images.next);
    const ready = await world.target.syncMigration(
      change.entry,
      change.syncRequest(world.images.next, candidate.revision, { variables: { EXIT_CODE: '3' } }),
    );
    const run = await world.target.runJob(change.entry, change.runRequest(world.images.next, ready));
    expect(run).toMatchObject({
      outcome: 'failed',
      taskAttempts: 1,
      reason: expect.stringContaining('NON_ZERO_EXIT_CODE') as string,
    });
  });

  it('gives the job another program first where the run needs one', async () => {
    const { change, candidate } = await readyToMigrate();
    const sync = {
      ...change.syncRequest(world.images.next, candidate.revision),
      marker: change.marker('sync-job-fallback'),
    };
    const ready = await world.target.syncMigration(change.entry, sync);
    const request = {
      ...change.runRequest(world.images.next, ready, { command: ['node'], args: ['job.js', 'older'] }),
      marker: change.marker('migrate-fallback'),
    };
    await change.fault('Jobs/UpdateJob', 'lost');
    const run = await world.target.runJob(change.entry, request);
    expect(run.outcome).toBe('succeeded');
    expect(await world.target.runJob(change.entry, request)).toEqual(run);
    expect(await change.executions()).toHaveLength(1);
    const [execution] = await world.hand.executions.getExecution({
      name: `${jobNameOf(change.entry)}/executions/${run.execution}`,
    });
    expect(execution.template?.containers?.[0]).toMatchObject({ command: ['node'], args: ['job.js', 'older'] });
  });

  /** Somebody gives the job another image by hand, and leaves the rest as it is. */
  const giveOldImage = async (change: Change) => {
    const [job] = await world.hand.jobs.getJob({ name: jobNameOf(change.entry) });
    const container = job.template?.template?.containers?.[0];
    if (container) container.image = world.images.old;
    await (await world.hand.jobs.updateJob({ job }))[0].promise();
  };

  it('is not run when somebody gave the job another image meanwhile', async () => {
    const { change, ready } = await readyToMigrate();
    await giveOldImage(change);
    const refused = world.target.runJob(change.entry, change.runRequest(world.images.next, ready));
    await expect(refused).rejects.toMatchObject({
      type: 'Drifted',
      message: expect.stringContaining(digestOf(world.images.old) ?? '') as string,
    });
    expect(await change.executions()).toEqual([]);
  });

  it("is not run when the job has another image while its sync is read back, after a worker's death", async () => {
    const change = new Change(world, await ownEntry(world));
    const { candidate } = await change.staged(world.images.next);
    const sync = change.syncRequest(world.images.next, candidate.revision);
    await world.target.syncMigration(change.entry, sync);
    await giveOldImage(change);
    const run = async () => {
      const ready = await world.target.syncMigration(change.entry, sync);
      return world.target.runJob(change.entry, change.runRequest(world.images.next, ready));
    };
    await expect(run()).rejects.toMatchObject({
      type: 'Drifted',
      message: expect.stringContaining(digestOf(world.images.old) ?? '') as string,
    });
    expect(await change.executions()).toEqual([]);
  });

  it('is not prepared for a revision that has another image', async () => {
    const change = new Change(world, await ownEntry(world));
    const { candidate } = await change.staged(world.images.next);
    const sync = change.syncRequest(world.images.old, candidate.revision);
    await expect(world.target.syncMigration(change.entry, sync)).rejects.toMatchObject({ type: 'Drifted' });
    expect(change.stepsWith('Jobs/UpdateJob')).toEqual(['fence']);
  });
});

describe('one effective write to the service', () => {
  it.each(['lost', 'delay', 'error', 'hang'] as const)('with the call met by: %s', async (kind) => {
    const change = new Change(world, await ownEntry(world));
    const snapshot = await world.target.snapshot(change.entry);
    const { key } = await world.target.stamp(change.entry, { ...change.write('fence'), expected: snapshot.live.key });
    await change.fault('Services/UpdateService', kind, { ms: 2_000, code: 'INTERNAL' });
    const candidate = await world.target.stage(change.entry, change.stageRequest(world.images.next, snapshot, key));
    await wait(kind === 'delay' ? 1_500 : 0);
    expect((await world.target.observe(change.entry)).key).toBe(candidate.key);
    expect(change.stepsWith('Services/UpdateService')).toEqual(['fence', 'stage']);
  });

  it('goes on while looks fail', async () => {
    const change = new Change(world, await ownEntry(world));
    for (const nth of [4, 5, 6]) await change.fault('Services/GetService', 'error', { nth, code: 'UNAVAILABLE' });
    await change.staged(world.images.next);
    expect(change.effects('Services/UpdateService')).toHaveLength(2);
  });

  it('is refused when it arrives late, after the next holder has written', async () => {
    const first = new Change(world, await ownEntry(world), 'c1111111111', 1);
    const snapshot = await world.target.snapshot(first.entry);
    const { key } = await world.target.stamp(first.entry, { ...first.write('fence'), expected: snapshot.live.key });
    await first.fault('Services/UpdateService', 'delay', { ms: 2_500 });
    const late = world.target.stage(first.entry, first.stageRequest(world.images.next, snapshot, key));
    const refused = expect(late).rejects.toMatchObject({ type: 'StaleFence', nonRetryable: true });
    await wait(200);
    const second = new Change(world, first.entry, 'c2222222222', 2);
    await second.staged(world.images.next);
    await refused;
    await wait(2_000);
    expect(
      second
        .calls('Services/UpdateService')
        .filter(({ markers }) => markers.change === first.id && markers.step === 'stage')
        .map(({ effect }) => effect),
    ).toEqual(['none']);
  });

  it('is refused behind a newer fence, on the service and on the job', async () => {
    const first = new Change(world, await ownEntry(world), 'c1111111111', 1);
    const { snapshot, candidate } = await first.staged(world.images.next);
    const ready = await world.target.syncMigration(
      first.entry,
      first.syncRequest(world.images.next, candidate.revision),
    );
    const second = new Change(world, first.entry, 'c2222222222', 2);
    const now = await world.target.observe(first.entry);
    await world.target.stamp(first.entry, { ...second.write('fence'), expected: now.key });
    for (const refused of [
      () => world.target.shift(first.entry, first.shiftRequest(candidate, snapshot, 100)),
      () => world.target.syncMigration(first.entry, first.syncRequest(world.images.next, candidate.revision)),
      () => world.target.runJob(first.entry, first.runRequest(world.images.next, ready)),
      () => world.target.restore(first.entry, { ...first.write('restore'), snapshot, candidate: candidate.revision }),
    ]) {
      await expect(refused()).rejects.toMatchObject({
        type: 'StaleFence',
        message: expect.stringContaining('c2222222222') as string,
      });
    }
    expect((await world.target.lastWrite(first.entry))?.fence).toEqual({ number: 2, sequence: 1 });
  });
});

describe('drift', () => {
  it('stops at a hand-made change, and says what is there', async () => {
    const change = new Change(world, await ownEntry(world));
    const { snapshot, candidate } = await change.staged(world.images.next);
    await updateService(world.hand, { name: serviceNameOf(change.entry), traffic: [to(candidate.revision, 100)] }, [
      'traffic',
    ]);
    const refused = world.target.shift(change.entry, change.shiftRequest(candidate, snapshot, 100));
    await expect(refused).rejects.toMatchObject({
      type: 'Drifted',
      message: expect.stringContaining(`${candidate.revision} 100 %`) as string,
    });
    expect(change.effects('Services/UpdateService').filter(({ markers }) => markers.step === 'shift')).toEqual([]);
  });

  it('is found at rest: another image in the job, in the template, in the traffic', async () => {
    const { change, candidate } = await readyToMigrate();
    const { images, target } = world;
    const artifact = { image: images.next, digest: digestOf(images.next) ?? '', commit: '' };
    const request = { artifact, revision: candidate.revision, withJob: true, withDrift: true };
    const { problems } = await target.readBack(change.entry, request);
    const text = problems.join('\n');
    expect(text).toContain('serves 100 % with image');
    expect(text).toContain(`not ${candidate.revision}`);
    expect(text).toContain("service's template has image");
    expect(text).toContain('migration job');
  });

  it('leaves the tags of others where they are', async () => {
    const change = new Change(world, await ownEntry(world));
    const name = serviceNameOf(change.entry);
    const [service] = await world.hand.services.getService({ name });
    const first = service.latestReadyRevision?.split('/').at(-1) ?? '';
    await updateService(world.hand, { name, traffic: [latest(100), to(first, 0, 'theirs')] }, ['traffic']);
    const { snapshot, candidate } = await change.staged(world.images.next);
    await world.target.shift(change.entry, change.shiftRequest(candidate, snapshot, 100));
    expect((await world.target.observe(change.entry)).traffic).toEqual([
      { revision: null, percent: 100, tag: null },
      { revision: first, percent: 0, tag: 'theirs' },
    ]);
    const { live } = await world.target.restore(change.entry, {
      ...change.write('restore'),
      snapshot,
      candidate: candidate.revision,
    });
    expect(live.traffic).toEqual(snapshot.live.traffic);
  });
});
