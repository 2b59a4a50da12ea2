import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createGitSources } from '../../activities/git/sources.ts';
import { createBuilds } from '../../activities/google/builds/index.ts';
import { createGoogleClients, type GoogleClients } from '../../activities/google/clients.ts';
import type { Builds } from '../../activities/ports/index.ts';
import type { Artifact } from '../../contract/artifact.ts';
import { build as buildSchema } from '../../contract/catalog/build.ts';
import { workerAccount } from '../../sandbox/worker-account.ts';
import { createRepository } from '../emulator/build-fixtures.ts';
import { startCloud, type CloudProcess } from '../emulator/cloud.ts';
import { temporaryFolders } from '../emulator/folders.ts';
import { addImage } from '../emulator/run-fixtures.ts';

const folders = temporaryFolders();
let cloud: CloudProcess;
let clients: GoogleClients;
let builds: Builds;
let commit: string;
let repository: { url: string; branch: string };

beforeAll(async () => {
  cloud = await startCloud({ dir: folders.create('origin'), tempo: { buildMs: 50 } });
  const http = `http://127.0.0.1:${cloud.httpPort}`;
  clients = await createGoogleClients({
    grpc: `127.0.0.1:${cloud.grpcPort}`,
    token: workerAccount,
    http,
    callTimeoutMs: 5_000,
  });
  builds = createBuilds(clients, createGitSources(join(cloud.dir, 'mirrors'), { read: () => null }));
  commit = createRepository(folders, join(cloud.dir, 'repos', 'app.git')).good;
  repository = { url: `${http}/git/app.git`, branch: 'main' };
});
afterAll(async () => {
  await clients.close();
  await cloud.stop();
});

function entry(name: string) {
  const { project, region } = cloud;
  const image = `${region}-docker.pkg.dev/${project}/apps/${name}`;
  return buildSchema.parse({ kind: 'cloudBuild', project, region, image });
}

function built(build: ReturnType<typeof entry>): Promise<Artifact> {
  const signal = new AbortController().signal;
  return builds.run({ build, repository, commit, change: 'c1', progress: () => undefined, signal });
}

it('a digest that a build of ours made is named by that build', async () => {
  const build = entry('ours');
  const artifact = await built(build);
  expect(await builds.builtBy(build, repository, artifact)).toMatch(/^[0-9a-f-]{36}$/);
});

it('a build of another repository, commit or image names nothing', async () => {
  const build = entry('other');
  const artifact = await built(build);
  const elsewhere = { ...repository, url: 'https://git.example.com/other.git' };
  expect(await builds.builtBy(build, elsewhere, artifact)).toBeNull();
  expect(await builds.builtBy(build, repository, { ...artifact, commit: 'a'.repeat(40) })).toBeNull();
  expect(await builds.builtBy(entry('ours-too'), repository, artifact)).toBeNull();
});

it('a digest that somebody has put under the tag of the commit is named by no build', async () => {
  const build = entry('moved');
  const artifact = await built(build);
  const foreign = await addImage(cloud, 'app', 'foreign');
  const digest = foreign.split('@')[1] ?? '';
  await cloud.control('POST', 'images', {
    reference: `${build.image}:${commit}`,
    folder: join(cloud.dir, 'cloud', 'images', digest.replace('sha256:', '')),
  });
  const adopted = await builds.find(build, commit);
  expect(adopted?.digest).toBe(digest);
  expect(await builds.builtBy(build, repository, adopted as Artifact)).toBeNull();
  expect(await builds.builtBy(build, repository, artifact)).not.toBeNull();
});
