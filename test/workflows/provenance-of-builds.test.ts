import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createGitSources } from '../../activities/git/sources.ts';
import { createAttestations } from '../../activities/google/attestations/index.ts';
import { createBuilds } from '../../activities/google/builds/index.ts';
import { createGoogleClients, type GoogleClients } from '../../activities/google/clients.ts';
import type { Ports } from '../../activities/ports/index.ts';
import { build as buildSchema } from '../../contract/catalog/build.ts';
import { provenance as provenanceSchema } from '../../contract/catalog/provenance.ts';
import { queryNames } from '../../contract/messages.ts';
import type { Plan } from '../../contract/plan.ts';
import { keyPair } from '../attestations.ts';
import { workerAccount } from '../../sandbox/worker-account.ts';
import { createRepository } from '../emulator/build-fixtures.ts';
import { startCloud, type CloudProcess } from '../emulator/cloud.ts';
import { temporaryFolders } from '../emulator/folders.ts';
import { addImage } from '../emulator/run-fixtures.ts';
import { failureOf } from './harness.ts';
import { deployOf } from './runs.ts';
import { openHarness } from './stage.ts';
import { noApprovals, World } from './world.ts';

/** The sandbox's repository, builds, registry and attestations; the platform that serves is a fake. */

const harness = openHarness();
const folders = temporaryFolders();
let cloud: CloudProcess;
let clients: GoogleClients;
let commit: string;
let key: string;

beforeAll(async () => {
  cloud = await startCloud({ dir: folders.create('provenance-of-builds'), tempo: { buildMs: 50 } });
  const http = `http://127.0.0.1:${cloud.httpPort}`;
  clients = await createGoogleClients({
    grpc: `127.0.0.1:${cloud.grpcPort}`,
    token: workerAccount,
    http,
    callTimeoutMs: 5_000,
  });
  commit = createRepository(folders, join(cloud.dir, 'repos', 'app.git')).good;
  key = ((await cloud.control('GET', 'build-key')) as { publicKey: string }).publicKey;
});
afterAll(async () => {
  await clients.close();
  await cloud.stop();
});

class BuildingWorld extends World {
  override ports(connection: Ports['connection'], environments: Ports['environments']): Ports {
    const ports = super.ports(connection, environments);
    const repository = createGitSources(join(cloud.dir, 'mirrors'), { read: () => null });
    return {
      ...ports,
      sources: { ...ports.sources, commit: repository.commit, file: repository.file },
      builds: createBuilds(clients, repository),
      attestations: createAttestations(clients),
    };
  }
}

function worldOf(image: string, attestedBy: string): World {
  const world = new BuildingWorld({ approvals: noApprovals, migration: undefined });
  const { project, region } = cloud;
  world.entry = {
    ...world.entry,
    repository: { url: `http://127.0.0.1:${cloud.httpPort}/git/app.git`, branch: 'main' },
    build: buildSchema.parse({ kind: 'cloudBuild', project, region, image }),
    provenance: provenanceSchema.parse({
      attestors: [
        {
          key: attestedBy,
          builder: 'https://cloudbuild.googleapis.com/GoogleHostedWorker',
          store: 'artifactAnalysis',
        },
      ],
      arrivesWithinSeconds: 0,
    }),
  };
  return world;
}

const imageOf = (name: string) => `${cloud.region}-docker.pkg.dev/${cloud.project}/apps/${name}`;

it('a commit is built, its attestation verifies, and it is released', async () => {
  const world = worldOf(imageOf('built'), key);
  await harness.with(world, async (start) => {
    const run = await start('deploy', deployOf(world, { commit }));
    expect(await run.result()).toMatchObject({ outcome: expect.stringContaining('released') });
    expect((await run.query<Plan>(queryNames.plan)).origin).toMatchObject({
      kind: 'attested',
      build: expect.stringContaining('/builds/'),
    });
  });
});

it('an image that somebody has pushed under the tag of the commit is not released', async () => {
  const image = imageOf('pushed');
  const foreign = await addImage(cloud, 'app', 'foreign');
  await cloud.control('POST', 'images', {
    reference: `${image}:${commit}`,
    folder: join(cloud.dir, 'cloud', 'images', foreign.split('sha256:')[1] ?? ''),
  });
  const world = worldOf(image, key);
  await harness.with(world, async (start) => {
    const run = await start('deploy', deployOf(world, { commit }));
    expect(await failureOf(run)).toMatchObject({ message: expect.stringContaining('nothing attests it') });
  });
  expect(world.writes).toEqual([]);
});

it('what a build has attested by another key than the catalog pins is not released', async () => {
  const world = worldOf(imageOf('another-key'), keyPair().key);
  await harness.with(world, async (start) => {
    const run = await start('deploy', deployOf(world, { commit }));
    expect(await failureOf(run)).toMatchObject({ message: expect.stringContaining('does not verify') });
  });
  expect(world.writes).toEqual([]);
});
