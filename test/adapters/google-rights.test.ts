import { Storage } from '@google-cloud/storage';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createImages } from '../../activities/google/image-parts.ts';
import { createAttestations } from '../../activities/google/attestations/index.ts';
import { createBuilds } from '../../activities/google/builds/index.ts';
import { createGoogleClients, type GoogleClients } from '../../activities/google/clients.ts';
import { createCloudRunTarget } from '../../activities/google/cloud-run/target.ts';
import { createCloudLogs } from '../../activities/google/logging.ts';
import { lackToPush } from '../../activities/google/rights.ts';
import { createSecretManager } from '../../activities/google/secrets.ts';
import { createBucketObjects, createBucketTexts } from '../../activities/google/storage.ts';
import type { Sources } from '../../activities/ports/index.ts';
import type { JobReady } from '../../activities/ports/target.ts';
import type { BuildEntry } from '../../contract/catalog/build.ts';
import type { CloudRunEntry } from '../../contract/catalog/targets/cloud-run.ts';
import { workerPermissions, type WorkerPermission } from '../../contract/google-rights.ts';
import type { Snapshot } from '../../contract/live.ts';
import { workerAccount } from '../../sandbox/worker-account.ts';
import { temporaryFolders } from '../emulator/folders.ts';
import { Change, ownEntry, startWorld, type World } from './google-world.ts';

const folders = temporaryFolders();
const commit = 'a'.repeat(40);
const text = 'kept as evidence';

/** What the worker has done with all of its rights, so that each row needs one call only. */
interface Place {
  /** Has staged, and given its job the image. */
  change: Change;
  candidate: string;
  ready: JobReady;
  /** Comes after it, and has written nothing yet. */
  later: Change;
  snapshot: Snapshot;
  /** A first release that is staged, and one that is not; neither has a job. */
  first: { change: Change; snapshot: Snapshot; candidate: string };
  next: { change: Change; snapshot: Snapshot };
}

let world: World;
let clients: GoogleClients;
let at: Place;
let http: string;

beforeAll(async () => {
  const started = await startWorld(folders.create('rights'));
  const { cloud, images, person } = started;
  http = `http://127.0.0.1:${cloud.httpPort}`;
  clients = await createGoogleClients({ grpc: `127.0.0.1:${cloud.grpcPort}`, http, token: workerAccount });
  world = { ...started, clients, target: createCloudRunTarget(clients) };
  const { target } = world;
  const storage = new Storage({ apiEndpoint: http, projectId: cloud.project });
  for (const bucket of ['audit', 'sources']) await storage.createBucket(bucket);
  const parent = `projects/${cloud.project}`;
  await person.secrets.createSecret({ parent, secretId: 'key', secret: { replication: { automatic: {} } } });
  await person.secrets.addSecretVersion({ parent: `${parent}/secrets/key`, payload: { data: Buffer.from('one') } });
  const change = new Change(world, await ownEntry(world));
  const { candidate } = await change.staged(images.next);
  const ready = await target.syncMigration(change.entry, change.syncRequest(images.next, candidate.revision));
  const first = new Change(world, await ownEntry(world, { service: false, job: false }));
  const staged = await first.staged(images.next);
  const next = new Change(world, await ownEntry(world, { service: false, job: false }));
  at = {
    ...{ change, ready, candidate: candidate.revision, later: new Change(world, change.entry, 'c1111111111', 2) },
    snapshot: await target.snapshot(change.entry),
    first: { change: first, snapshot: staged.snapshot, candidate: staged.candidate.revision },
    next: { change: next, snapshot: await target.snapshot(next.entry) },
  };
}, 60_000);
afterEach(async () => {
  await world.cloud.control('DELETE', 'permissions');
  await world.cloud.control('PUT', 'world', { name: 'recorded' });
});
afterAll(async () => {
  await clients.close();
  await world.stop();
});

const sources = { archive: () => Promise.resolve(Buffer.from('source')) } as unknown as Sources;
const build = (kind: 'cloudBuild' | 'cloudRun' = 'cloudBuild') =>
  ({
    ...{ kind, project: world.cloud.project, region: world.cloud.region, timeoutMinutes: 5 },
    ...{ image: world.images.next.split('@')[0], sourceBucket: 'sources' },
  }) as BuildEntry;
const runBuild = (kind: 'cloudBuild' | 'cloudRun', id = commit) =>
  createBuilds(clients, sources).run({
    ...{ build: build(kind), repository: { url: `${http}/git/none.git`, branch: 'main' }, commit: id },
    ...{ change: at.change.id, progress: () => undefined, signal: new AbortController().signal },
  });
const stage = (entry: CloudRunEntry = at.later.entry) =>
  world.target.stage(entry, at.later.stageRequest(world.images.next, at.snapshot, at.snapshot.live.key));
const runJob = () => world.target.runJob(at.change.entry, at.change.runRequest(world.images.next, at.ready));
const sync = (change: Change, revision: string) =>
  world.target.syncMigration(change.entry, change.syncRequest(world.images.next, revision));
const syncAgain = () => sync(at.change, at.candidate);
const secrets = () => createSecretManager(clients);
const endpoint = () => ({ http, token: workerAccount });

/** What meets each permission first. A gate meets `run.routes.invoke`: the test of identity tokens has it. */
const meets: Record<Exclude<WorkerPermission, 'run.routes.invoke'>, () => Promise<unknown>> = {
  'run.services.get': () => world.target.snapshot(at.change.entry),
  'run.services.update': () => stage(),
  'run.revisions.get': () => world.target.snapshot(at.change.entry),
  'run.revisions.list': () => world.target.revisions(at.change.entry),
  'iam.serviceAccounts.actAs': () => stage(),
  'artifactregistry.tags.get': () => createBuilds(clients, sources).find(build(), commit),
  'artifactregistry.tags.list': () => createBuilds(clients, sources).commitOf(build(), world.images.next),
  'artifactregistry.versions.get': () => createBuilds(clients, sources).isStored(build(), world.images.next),
  'logging.logEntries.list': () =>
    createCloudLogs(clients).read(at.change.entry, { filter: 'a', since: '2020-01-01T00:00:00Z', until: null }, 1),
  'run.services.create': () =>
    world.target.stage(at.next.change.entry, at.next.change.stageRequest(world.images.next, at.next.snapshot, '')),
  'run.services.delete': () => {
    const { change, snapshot, candidate } = at.first;
    return world.target.restore(change.entry, { ...change.write('restore'), snapshot, candidate });
  },
  'run.services.setIamPolicy': () => stage({ ...at.change.entry, allowUnauthenticated: true }),
  'run.jobs.get': syncAgain,
  'run.jobs.create': () => sync(at.first.change, at.first.candidate),
  'run.jobs.update': syncAgain,
  'run.jobs.run': runJob,
  'run.executions.list': runJob,
  'run.executions.get': runJob,
  'run.tasks.list': runJob,
  'cloudbuild.builds.list': () => runBuild('cloudBuild'),
  'cloudbuild.builds.create': () => runBuild('cloudBuild'),
  'cloudbuild.builds.get': () => runBuild('cloudBuild'),
  'run.builds.create': () => runBuild('cloudRun', 'b'.repeat(40)),
  'storage.objects.create': () => createBucketObjects('gs://audit', endpoint()).keep(text),
  'storage.objects.delete': async () => {
    // The bucket has the source of this commit by now, and no build of it began.
    await deny('run.builds.create');
    await runBuild('cloudRun', 'c'.repeat(40)).catch(() => undefined);
    await deny('storage.objects.delete');
    return runBuild('cloudRun', 'c'.repeat(40));
  },
  'storage.objects.get': () => createBucketObjects('gs://audit', endpoint()).read('0'.repeat(64)),
  'storage.objects.list': () => createBucketTexts('gs://audit', endpoint()).list('ledger/'),
  'artifactregistry.repositories.uploadArtifacts': async () => {
    const lack = await lackToPush(clients, world.images.next);
    if (lack) throw new Error(lack);
  },
  'secretmanager.versions.get': () => secrets().stateOf(at.change.entry, 'key', '1'),
  'secretmanager.versions.access': () => secrets().read(at.change.entry, 'key', '1'),
  'secretmanager.versions.disable': () => secrets().disable(at.change.entry, 'key', '1', at.change.marker('disable')),
  'containeranalysis.occurrences.list': () => createAttestations(clients).find(world.images.next, ['artifactAnalysis']),
  'artifactregistry.repositories.downloadArtifacts': () => createImages(clients).partsOf(world.images.broken),
  'run.jobs.runWithOverrides': async () => {
    // Only where the platform knows no tokens.
    await world.cloud.control('PUT', 'world', { startToken: 'ignored' });
    const request = at.change.runRequest(world.images.next, await syncAgain());
    return world.target.runJob(at.change.entry, { ...request, marker: at.change.marker('migrate', 2) });
  },
};

const deny = (lost: string) =>
  world.cloud.control('PUT', 'permissions', {
    account: workerAccount,
    permissions: workerPermissions.filter((permission) => permission !== lost),
  });

describe('a worker that lacks one of its rights says which, and what to grant', () => {
  it.each(Object.entries(meets))('%s', async (permission, meet) => {
    await deny(permission);
    const failure = await meet().then(
      () => new Error('nothing was refused'),
      (error: unknown) => error as Error,
    );
    expect(failure.message.toLowerCase()).toContain(permission.toLowerCase());
    expect(failure.message).toMatch(/; grant roles\/|: grant (it )?roles\//);
  });

  it('and no right is listed here that a worker does not have, or the other way round', () => {
    expect([...Object.keys(meets), 'run.routes.invoke'].sort()).toEqual([...workerPermissions].sort());
  });
});
