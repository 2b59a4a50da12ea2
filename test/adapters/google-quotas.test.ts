import { MockActivityEnvironment } from '@temporalio/testing';
import { Status } from 'google-gax';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createCloudLogs } from '../../activities/google/logging.ts';
import { withHeartbeat } from '../../activities/heartbeat.ts';
import { temporaryFolders } from '../emulator/folders.ts';
import { eventually } from '../until.ts';
import { Change, ownEntry, startWorld, type World } from './google-world.ts';

const folders = temporaryFolders();
let world: World;

beforeAll(async () => {
  world = await startWorld(folders.create('quotas'));
});
const none = { 'run-reads': null, 'run-writes': null, 'log-reads': null, minuteMs: 60_000 };
afterEach(async () => {
  await world.cloud.control('PUT', 'quotas', none);
  await world.cloud.control('DELETE', 'faults');
});
afterAll(() => world.stop());

const refused = () => world.cloud.calls().filter(({ code }) => code === 'RESOURCE_EXHAUSTED');

/** Has the platform refuse the next call of a method, and say how long to wait. */
const exhausted = (method: string, ms: number) =>
  world.cloud.control('POST', 'faults', { method, kind: 'error', code: 'RESOURCE_EXHAUSTED', ms });

describe('a quota that is used up', () => {
  it('is waited out in place: a write is made once, and its step does not fail', async () => {
    const change = new Change(world, await ownEntry(world));
    const snapshot = await world.target.snapshot(change.entry);
    await exhausted('google.cloud.run.v2.Services/UpdateService', 400);
    await exhausted('google.cloud.run.v2.Services/GetService', 400);
    const began = Date.now();
    await world.target.stamp(change.entry, { ...change.write('fence'), expected: snapshot.live.key });
    expect(Date.now() - began).toBeGreaterThanOrEqual(800);
    expect(refused()).toHaveLength(2);
    expect(change.effects('Services/UpdateService')).toHaveLength(1);
  });

  it('of an API whose calls are not counted here, too', async () => {
    await exhausted('google.devtools.artifactregistry.v1.ArtifactRegistry/GetDockerImage', 300);
    const request = { name: `projects/${world.cloud.project}/locations/us-central1/repositories/a/dockerImages/b` };
    const began = Date.now();
    // There is no such image: that is the answer of the second call.
    const answer = world.clients.registry.getDockerImage(request, { retry: null });
    await expect(answer).rejects.not.toMatchObject({ code: Status.RESOURCE_EXHAUSTED });
    expect(Date.now() - began).toBeGreaterThanOrEqual(300);
  });

  it('is waited for only until the work is given up', async () => {
    const change = new Change(world, await ownEntry(world));
    const snapshot = await world.target.snapshot(change.entry);
    await exhausted('google.cloud.run.v2.Services/UpdateService', 20_000);
    const before = refused().length;
    const gone = new AbortController();
    const write = { ...change.write('fence'), signal: gone.signal, expected: snapshot.live.key };
    const stamped = world.target.stamp(change.entry, write);
    await eventually('the refusal', async () => refused().length > before);
    const began = Date.now();
    gone.abort(new Error('cancelled'));
    await expect(stamped).rejects.toThrow('cancelled');
    expect(Date.now() - began).toBeLessThan(2_000);
  });

  it('is said in the heartbeat of who waits for it', async () => {
    const entry = await ownEntry(world);
    await exhausted('google.logging.v2.LoggingServiceV2/ListLogEntries', 1_500);
    const activity = new MockActivityEnvironment({ heartbeatTimeoutMs: 10_000 });
    const beats: unknown[] = [];
    activity.on('heartbeat', (detail) => beats.push(detail));
    const now = new Date().toISOString();
    await activity.run(() =>
      withHeartbeat(async (progress) => {
        progress({ baking: 'x-1' });
        return createCloudLogs(world.clients).read(entry, { filter: 'severity>=ERROR', since: now, until: null }, 1);
      }),
    );
    expect(beats).toContainEqual({ baking: 'x-1', waitsFor: `the quota of reads of the log in ${entry.project}` });
  });

  it('is waited for only until the activity is cancelled, also by a read without a signal of its own', async () => {
    const entry = await ownEntry(world);
    await exhausted('google.logging.v2.LoggingServiceV2/ListLogEntries', 20_000);
    const before = refused().length;
    const activity = new MockActivityEnvironment({ heartbeatTimeoutMs: 10_000 });
    const now = new Date().toISOString();
    const read = () =>
      createCloudLogs(world.clients).read(entry, { filter: 'severity>=ERROR', since: now, until: null }, 1);
    const run = expect(activity.run(read)).rejects.toMatchObject({ name: 'CancelledFailure' });
    await eventually('the refusal', async () => refused().length > before);
    const began = Date.now();
    activity.cancel('CANCELLED');
    await run;
    expect(Date.now() - began).toBeLessThan(2_000);
  });

  it('fails an activity that does not heartbeat before its time is up, as something that passes', async () => {
    const entry = await ownEntry(world);
    await exhausted('google.cloud.run.v2.Services/GetService', 60_000);
    const activity = new MockActivityEnvironment({
      startToCloseTimeoutMs: 3_500,
      currentAttemptScheduledTimestampMs: Date.now(),
    });
    await expect(activity.run(() => world.target.observe(entry))).rejects.toMatchObject({
      type: 'Unavailable',
      nonRetryable: false,
      message: expect.stringContaining('the quota of reads of Cloud Run'),
    });
  });
});
