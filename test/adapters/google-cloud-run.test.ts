import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { digestOf } from '../../contract/artifact.ts';
import { candidateRevision, restoredRevision } from '../../activities/google/cloud-run/names.ts';
import { temporaryFolders } from '../emulator/folders.ts';
import { createService, latest } from '../emulator/run-fixtures.ts';
import {
  artifactOf,
  Change,
  inEachWorld,
  jobNameOf,
  ownEntry,
  serviceNameOf,
  startWorld,
  type World,
} from './google-world.ts';

const folders = temporaryFolders();
let world: World;

beforeAll(async () => {
  world = await startWorld(folders.create('adapters'));
});
afterEach(() => world.cloud.control('DELETE', 'faults'));
afterAll(() => world.stop());

describe('a release from the snapshot to the read-back', () => {
  inEachWorld(
    () => world,
    () => {
      it('says beforehand what it changes of the template', async () => {
        const change = new Change(world, await ownEntry(world));
        const { target, images } = world;
        const release = change.stageRequest(images.next, await target.snapshot(change.entry), '');
        const { text: difference } = await target.difference(change.entry, release);
        expect(difference.split('\n').filter((line) => /^[-+] /.test(line))).toEqual([
          `-  - image: ${images.old}`,
          '+  - env:',
          '+      - name: RELEASE',
          '+        value: next',
          `+    image: ${images.next}`,
        ]);
        await change.staged(images.next);
        expect(await target.difference(change.entry, release)).toEqual({ text: '', contested: [] });
      });
    },
  );

  it('tells in words what it waits for, of the service and of its jobs', async () => {
    const change = new Change(world, await ownEntry(world));
    const { target } = world;
    const told: unknown[] = [];
    const progress = (detail: unknown): void => void told.push(detail);
    const { live } = await target.snapshot(change.entry);
    await target.stamp(change.entry, { ...change.write('fence'), expected: live.key, progress });
    const words = told.map((one) => (one as { waitingFor: string }).waitingFor.replace(/:.*/, ''));
    const { service, migrationJob } = change.entry;
    expect([...new Set(words)].toSorted()).toEqual([
      `Cloud Run to finish with job ${migrationJob}`,
      `Cloud Run to finish with service ${service}`,
    ]);
  });

  it('takes the flags of a deploy from the catalog, shows them beforehand, and takes them back with it', async () => {
    const flags = {
      command: ['node', 'server.js'],
      args: ['--serverless'],
      port: 9090,
      minInstances: 1,
      maxInstances: 5,
      serviceAccount: 'runtime@slipway-sandbox.iam.gserviceaccount.com',
      allowUnauthenticated: true,
    };
    const change = new Change(world, { ...(await ownEntry(world)), ...flags });
    const { entry } = change;
    const { target, images, hand } = world;
    const read = async () => (await hand.services.getService({ name: serviceNameOf(entry) }))[0];
    const before = await read();
    const release = change.stageRequest(images.next, await target.snapshot(entry), '');
    const { text: difference } = await target.difference(entry, release);
    const added = difference.split('\n').flatMap((line) => /^\+ *(?:- )?(\S.*)$/.exec(line)?.[1] ?? []);
    expect(added).toEqual(
      expect.arrayContaining([
        ...['command:', 'node', 'server.js', 'args:', '--serverless', 'containerPort: 9090', 'minInstanceCount: 1'],
        ...['maxInstanceCount: 5', `serviceAccount: ${flags.serviceAccount}`, 'invokerIamDisabled: true'],
      ]),
    );
    const { snapshot } = await change.staged(images.next);
    const staged = await read();
    expect(staged).toMatchObject({
      invokerIamDisabled: true,
      template: {
        serviceAccount: flags.serviceAccount,
        scaling: { minInstanceCount: 1, maxInstanceCount: 5 },
        containers: [
          {
            command: flags.command,
            args: flags.args,
            ports: [{ name: 'http1', containerPort: 9090 }],
            startupProbe: { tcpSocket: { port: 9090 } },
          },
        ],
      },
    });
    expect((await target.difference(entry, release)).text).toBe('');
    const { problems } = await target.restore(entry, { ...change.write('restore'), snapshot, candidate: null });
    expect(problems).toEqual([]);
    const after = await read();
    expect(after.invokerIamDisabled).toBe(false);
    for (const field of ['scaling', 'serviceAccount', 'containers'] as const)
      expect(after.template?.[field]).toEqual(before.template?.[field]);
  });

  it('stages at 0 %, migrates, shifts, and reads back what serves', async () => {
    const change = new Change(world, await ownEntry(world));
    const { target, images } = world;
    const { entry } = change;
    const { snapshot, candidate } = await change.staged(images.next);
    expect(snapshot.obstacles).toEqual([]);
    expect(snapshot.good?.digest).toBe(digestOf(images.old));
    expect(await target.revisions(entry)).toMatchObject([
      { revision: candidate.revision, digest: digestOf(images.next), commit: artifactOf(images.next).commit },
      { revision: snapshot.good?.revision, digest: digestOf(images.old) },
    ]);
    expect(candidate.revision).toBe(candidateRevision(entry.service, change.id, 1));
    expect(await (await fetch(candidate.url)).text()).toBe('2');
    expect(await (await fetch(snapshot.live.url)).text()).toBe('1');

    const ready = await target.syncMigration(entry, change.syncRequest(images.next, candidate.revision));
    expect(ready.digest).toBe(digestOf(images.next));
    const run = await target.runJob(entry, change.runRequest(images.next, ready));
    expect(run).toMatchObject({ outcome: 'succeeded', digest: digestOf(images.next), taskAttempts: 1, reason: '' });

    const part = await target.shift(entry, change.shiftRequest(candidate, snapshot, 30));
    expect((await target.observe(entry)).serving.map(({ percent }) => percent)).toEqual([70, 30]);
    const whole = await target.shift(entry, { ...change.shiftRequest(candidate, snapshot, 100), expected: part.key });
    expect(await (await fetch(whole.url)).text()).toBe('2');
    const { live, problems } = await target.readBack(entry, {
      artifact: change.runRequest(images.next, ready).artifact,
      revision: candidate.revision,
      withJob: true,
      withDrift: false,
    });
    expect(problems).toEqual([]);
    expect(live.serving).toEqual([{ revision: candidate.revision, ...artifactOf(images.next), percent: 100 }]);
    expect(live.traffic).toEqual([{ revision: null, percent: 100, tag: null }]);
    expect(live.key).toBe(whole.key);
    expect((await target.lastWrite(entry))?.fence.sequence).toBe(6);
    expect(await target.pendingWork(entry)).toEqual([]);
  });

  it('creates the service in a first release, and its restore removes it again', async () => {
    const change = new Change(world, await ownEntry(world, { service: false, job: false }));
    const { snapshot, candidate } = await change.staged(world.images.next);
    expect(snapshot.live.exists).toBe(false);
    expect(await (await fetch(candidate.url)).text()).toBe('2');
    const ready = await world.target.syncMigration(
      change.entry,
      change.syncRequest(world.images.next, candidate.revision),
    );
    expect(await world.target.runJob(change.entry, change.runRequest(world.images.next, ready))).toMatchObject({
      outcome: 'succeeded',
    });
    const request = { ...change.write('restore'), snapshot, candidate: candidate.revision };
    const { live, problems } = await world.target.restore(change.entry, request);
    expect({ exists: live.exists, problems }).toEqual({ exists: false, problems: [] });
    expect(change.effects('Services/DeleteService')).toHaveLength(1);
  });

  it('makes one effective write of each step, however often it is repeated', async () => {
    const change = new Change(world, await ownEntry(world));
    const { target, images } = world;
    const { entry } = change;
    const snapshot = await target.snapshot(entry);
    const stamp = { ...change.write('fence'), expected: snapshot.live.key };
    const { key } = await target.stamp(entry, stamp);
    expect(await target.stamp(entry, stamp)).toEqual({ key });
    const stage = change.stageRequest(images.next, snapshot, key);
    const candidate = await target.stage(entry, stage);
    expect(await target.stage(entry, stage)).toEqual(candidate);
    const sync = change.syncRequest(images.next, candidate.revision);
    const ready = await target.syncMigration(entry, sync);
    expect(await target.syncMigration(entry, sync)).toEqual(ready);
    const run = change.runRequest(images.next, ready);
    const ran = await target.runJob(entry, run);
    expect(await target.runJob(entry, run)).toEqual(ran);
    const shift = change.shiftRequest(candidate, snapshot, 100);
    const shifted = await target.shift(entry, shift);
    expect(await target.shift(entry, shift)).toEqual(shifted);
    expect(change.stepsWith('Services/UpdateService')).toEqual(['fence', 'stage', 'shift']);
    expect(change.stepsWith('Jobs/UpdateJob')).toEqual(['fence', 'sync-job', 'migrate']);
    expect(await change.executions()).toEqual([`${entry.migrationJob}-${change.id}-migrate-1`]);
  });

  it('restarts as a new revision of the same image and settings, once, with the traffic in its shape', async () => {
    const change = new Change(world, await ownEntry(world));
    const { target, images } = world;
    const { entry } = change;
    const snapshot = await target.snapshot(entry);
    const { key } = await target.stamp(entry, { ...change.write('fence'), expected: snapshot.live.key });
    const request = { ...change.write('restart'), expected: key, snapshot };
    const shifted = await target.restart(entry, request);
    const revision = candidateRevision(entry.service, change.id, 1);
    expect(shifted.revision).toBe(revision);
    const { live, problems } = await target.readBack(entry, {
      artifact: artifactOf(images.old),
      revision,
      withJob: false,
      withDrift: false,
    });
    expect(problems).toEqual([]);
    expect(live.serving).toMatchObject([{ revision, digest: digestOf(images.old), percent: 100 }]);
    expect(live.traffic).toEqual(snapshot.live.traffic);
    expect(await (await fetch(shifted.url)).text()).toBe('1');
    // Once more, by the worker that comes after one that died: there is nothing left to do.
    expect(await target.restart(entry, request)).toEqual(shifted);
    expect(change.stepsWith('Services/UpdateService')).toEqual(['fence', 'restart/revision', 'restart/traffic']);
  });

  it('restarts once although the answer to a write is lost, and leaves users where they are meanwhile', async () => {
    const change = new Change(world, await ownEntry(world));
    const { entry } = change;
    const snapshot = await world.target.snapshot(entry);
    const { key } = await world.target.stamp(entry, { ...change.write('fence'), expected: snapshot.live.key });
    await change.fault('Services/UpdateService', 'lost');
    const { revision } = await world.target.restart(entry, { ...change.write('restart'), expected: key, snapshot });
    expect((await world.target.observe(entry)).serving).toMatchObject([{ revision, percent: 100 }]);
    expect(change.effects('Services/UpdateService')).toHaveLength(3);
  });

  it("gives a person's retry a revision of its own, also where the attempt before had come through", async () => {
    const change = new Change(world, await ownEntry(world));
    const snapshot = await world.target.snapshot(change.entry);
    const { key } = await world.target.stamp(change.entry, { ...change.write('fence'), expected: snapshot.live.key });
    await world.target.stage(change.entry, change.stageRequest(world.images.next, snapshot, key));
    const again = { ...change.stageRequest(world.images.next, snapshot, key), marker: change.marker('stage', 2) };
    const candidate = await world.target.stage(change.entry, again);
    expect(candidate.revision).toBe(candidateRevision(change.entry.service, change.id, 2));
    expect(await (await fetch(candidate.url)).text()).toBe('2');
  });

  it('says why a candidate did not become ready, and never gives it traffic', async () => {
    const change = new Change(world, await ownEntry(world));
    await expect(change.staged(world.images.broken)).rejects.toMatchObject({
      type: 'GateFailed',
      nonRetryable: true,
      message: expect.stringContaining('did not become ready') as string,
    });
    const live = await world.target.observe(change.entry);
    expect(live.serving[0]?.digest).toBe(digestOf(world.images.old));
  });
});

describe('a service of several containers', () => {
  const sidecar = (image: string) => ({ name: 'proxy', image });
  const withSidecars = async (ported: boolean) => {
    const entry = await ownEntry(world, { service: false, job: false });
    const { hand, cloud, images } = world;
    const app = { name: 'app', image: images.old, ports: [{ containerPort: 8080 }] };
    await createService(hand, cloud, entry.service, {
      template: { containers: [sidecar(images.old), app] },
      traffic: [latest(100)],
    });
    const jobId = entry.migrationJob ?? '';
    const task = { ...app, command: ['node', 'job.js'], ports: ported ? app.ports : [] };
    const containers = [{ ...sidecar(images.old), command: ['node', 'job.js'] }, task];
    const job = { template: { template: { containers } } };
    const [operation] = await hand.jobs.createJob({ parent: cloud.parent, jobId, job });
    await operation.promise();
    return entry;
  };
  const imagesOf = (containers: readonly { name?: string | null; image?: string | null }[] | null | undefined) =>
    Object.fromEntries((containers ?? []).map(({ name, image }) => [name, image]));

  it('is released in the one with a port, whichever stands first, and its sidecar stays as it is', async () => {
    const change = new Change(world, { ...(await withSidecars(false)), container: 'app' });
    const { entry } = change;
    const { target, images, hand } = world;
    const byPort = { ...entry, container: undefined };
    expect((await target.observe(byPort)).serving).toMatchObject([{ digest: digestOf(images.old) }]);
    const { snapshot, candidate } = await change.staged(images.next);
    const ready = await target.syncMigration(entry, change.syncRequest(images.next, candidate.revision));
    const run = await target.runJob(entry, change.runRequest(images.next, ready));
    expect(run).toMatchObject({ outcome: 'succeeded', digest: digestOf(images.next) });
    await target.shift(entry, change.shiftRequest(candidate, snapshot, 100));
    const [service] = await hand.services.getService({ name: serviceNameOf(entry) });
    const [job] = await hand.jobs.getJob({ name: jobNameOf(entry) });
    const released = { proxy: images.old, app: images.next };
    expect(imagesOf(service.template?.containers)).toEqual(released);
    expect(imagesOf(job.template?.template?.containers)).toEqual(released);
    const [execution] = await hand.executions.getExecution({ name: `${jobNameOf(entry)}/executions/${run.execution}` });
    const overridden = execution.template?.containers?.filter(({ env }) =>
      env?.some(({ name }) => name === 'SLIPWAY_CHANGE'),
    );
    expect(overridden?.map(({ name }) => name)).toEqual(['app']);
    const artifact = artifactOf(images.next);
    const readBack = { artifact, revision: candidate.revision, withJob: true, withDrift: false };
    expect((await target.readBack(entry, readBack)).problems).toEqual([]);

    const restored = await target.restore(entry, { ...change.write('restore'), snapshot, candidate: null });
    expect(restored.problems).toEqual([]);
    const [after] = await hand.services.getService({ name: serviceNameOf(entry) });
    const [jobAfter] = await hand.jobs.getJob({ name: jobNameOf(entry) });
    for (const { containers } of [after.template ?? {}, jobAfter.template?.template ?? {}])
      expect(imagesOf(containers)).toEqual({ proxy: images.old, app: images.old });
  });

  it('is refused while it is planned where nobody can say which container of its job migrates', async () => {
    const change = new Change(world, await withSidecars(false));
    const { target, images } = world;
    const release = change.stageRequest(images.next, await target.snapshot(change.entry), '');
    await expect(target.difference(change.entry, release)).rejects.toMatchObject({
      type: 'BadRequest',
      nonRetryable: true,
      message: expect.stringMatching(
        /^job app-\d+-migrate has the containers proxy, app: name the one of the artifact/,
      ),
    });
    expect(change.effects('Services.UpdateService')).toEqual([]);
  });

  it('is refused where the catalog names a container that it does not have', async () => {
    const change = new Change(world, { ...(await withSidecars(true)), container: 'web' });
    const { target, images } = world;
    const snapshot = await target.snapshot(change.entry);
    expect(snapshot.obstacles).toEqual([expect.stringContaining('nobody can say which container of revision')]);
    const release = change.stageRequest(images.next, snapshot, '');
    await expect(target.difference(change.entry, release)).rejects.toMatchObject({ type: 'BadRequest' });
  });
});

describe('restore', () => {
  inEachWorld(
    () => world,
    () => {
      it("brings traffic, template, job and the traffic's shape back, each in one write", async () => {
        const change = new Change(world, await ownEntry(world));
        const { target, images } = world;
        const { entry } = change;
        const { snapshot, candidate } = await change.staged(images.next);
        await target.syncMigration(entry, change.syncRequest(images.next, candidate.revision));
        await target.shift(entry, change.shiftRequest(candidate, snapshot, 100));
        const request = { ...change.write('restore'), snapshot, candidate: candidate.revision };
        const first = await target.restore(entry, request);
        expect(first.problems).toEqual([]);
        expect(await (await fetch(first.live.url)).text()).toBe('1');
        expect(first.live.traffic).toEqual(snapshot.live.traffic);
        expect(first.live.template).toEqual({
          revision: restoredRevision(entry.service, change.id, 1),
          digest: digestOf(images.old),
        });
        expect(first.live.job).toEqual(snapshot.live.job);
        expect(await target.restore(entry, request)).toEqual(first);
        expect(change.stepsWith('Services/UpdateService').slice(3)).toEqual([
          'restore/traffic',
          'restore/template',
          'restore/shape',
        ]);
        expect(change.stepsWith('Jobs/UpdateJob')).toEqual(['fence', 'sync-job', 'restore/job']);
      });

      it('frees the service of a candidate that never became ready', async () => {
        const change = new Change(world, await ownEntry(world));
        const snapshot = await world.target.snapshot(change.entry);
        await expect(change.staged(world.images.broken)).rejects.toMatchObject({ type: 'GateFailed' });
        const { live, problems } = await world.target.restore(change.entry, {
          ...change.write('restore'),
          snapshot,
          candidate: null,
        });
        expect(problems).toEqual([]);
        expect(live.traffic).toEqual(snapshot.live.traffic);
        expect(live.template?.digest).toBe(digestOf(world.images.old));
      });

      it('writes only its fence where nothing was changed', async () => {
        const change = new Change(world, await ownEntry(world));
        const snapshot = await world.target.snapshot(change.entry);
        const { live, problems } = await world.target.restore(change.entry, {
          ...change.write('restore'),
          snapshot,
          candidate: null,
        });
        expect({ problems, key: live.key }).toEqual({ problems: [], key: snapshot.live.key });
        expect(change.stepsWith('Services/UpdateService')).toEqual(['restore/traffic']);
      });
    },
  );

  it.each([1, 2, 3])('goes on where it was when the answer of write %i is lost and the worker with it', async (nth) => {
    const change = new Change(world, await ownEntry(world, { job: false }));
    const { snapshot, candidate } = await change.staged(world.images.next);
    await world.target.shift(change.entry, change.shiftRequest(candidate, snapshot, 100));
    await change.fault('Services/UpdateService', 'lost', { nth });
    const request = { ...change.write('restore'), snapshot, candidate: candidate.revision };
    const gone = new AbortController();
    const first = world.target.restore(change.entry, { ...request, signal: gone.signal });
    const killed = expect(first).rejects.toThrow('killed');
    await until(() => change.effects('Services/UpdateService').length === 3 + nth);
    gone.abort(new Error('killed'));
    await killed;
    const { live, problems } = await world.target.restore(change.entry, request);
    expect({ problems, traffic: live.traffic }).toEqual({ problems: [], traffic: snapshot.live.traffic });
    expect(change.stepsWith('Services/UpdateService').slice(3)).toEqual([
      'restore/traffic',
      'restore/template',
      'restore/shape',
    ]);
  });
});

async function until(holds: () => boolean): Promise<void> {
  await vi.waitUntil(holds, { timeout: 10_000, interval: 50 });
}
