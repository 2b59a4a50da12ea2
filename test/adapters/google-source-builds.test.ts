import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Storage } from '@google-cloud/storage';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { createGitSources } from '../../activities/git/sources.ts';
import { createImages } from '../../activities/google/image-parts.ts';
import { createBuilds } from '../../activities/google/builds/index.ts';
import { createGoogleClients, type GoogleClients } from '../../activities/google/clients.ts';
import type { Builds } from '../../activities/ports/index.ts';
import { build as buildSchema, type BuildEntry } from '../../contract/catalog/build.ts';
import { workerAccount } from '../../sandbox/worker-account.ts';
import { git, writeFiles } from '../emulator/build-fixtures.ts';
import { startCloud, type CloudProcess } from '../emulator/cloud.ts';
import { temporaryFolders } from '../emulator/folders.ts';
import { createService, latest, runClients, template } from '../emulator/run-fixtures.ts';

const folders = temporaryFolders();
let cloud: CloudProcess;
let clients: GoogleClients;
let storage: Storage;
let commit: string;
let broken: string;

/** A service that answers with what its build left in its image. */
const server = `
const { existsSync, readFileSync } = require('node:fs');
const built = existsSync('built.txt') ? readFileSync('built.txt', 'utf8') : '';
const cache = existsSync('.oneiric_cache/state.json');
const packed = existsSync('build/packed.json') ? JSON.parse(readFileSync('build/packed.json', 'utf8')) : undefined;
const answer = { argument: process.argv[2], built, cache, packed, flavour: process.env.FLAVOUR };
require('node:http').createServer((_, response) => response.end(JSON.stringify(answer))).listen(process.env.PORT);
`;
const files = {
  'app/Procfile': 'web: node server.js from-the-procfile\n',
  'app/server.js': server,
  'app/package.json': JSON.stringify({ scripts: { 'gcp-build': 'printf "%s" "$FLAVOUR" > built.txt' } }),
  'app/.oneiric_cache/state.json': '{}',
  'app/manifests/app.yaml': 'workflows: [notify]\n',
  'README.md': 'not in the image\n',
};

beforeAll(async () => {
  cloud = await startCloud({ dir: folders.create('source-builds'), tempo: { buildMs: 50, operationMs: 50 } });
  const http = `http://127.0.0.1:${cloud.httpPort}`;
  clients = await createGoogleClients({
    grpc: `127.0.0.1:${cloud.grpcPort}`,
    token: workerAccount,
    http,
    callTimeoutMs: 1_000,
  });
  storage = new Storage({ apiEndpoint: http, projectId: cloud.project });
  await storage.createBucket(`run-sources-${cloud.project}-${cloud.region}`);
  const work = folders.create('repository');
  git(work, 'init', '--quiet');
  writeFiles(work, files);
  git(work, 'add', '.');
  git(work, 'commit', '--quiet', '-m', 'good');
  commit = git(work, 'rev-parse', 'HEAD');
  writeFiles(work, { 'app/Procfile': 'worker: node server.js\n' });
  git(work, 'commit', '--quiet', '-am', 'no web process');
  broken = git(work, 'rev-parse', 'HEAD');
  const bare = join(cloud.dir, 'repos', 'app.git');
  execFileSync('git', ['clone', '--quiet', '--bare', work, bare], { stdio: 'ignore' });
  git(bare, 'update-server-info');
});
afterEach(() => cloud.control('DELETE', 'faults'));
afterAll(async () => {
  await clients.close();
  await cloud.stop();
});

function entry(name: string, rest: object = {}): BuildEntry {
  const image = `${cloud.region}-docker.pkg.dev/${cloud.project}/apps/${name}`;
  const { project, region } = cloud;
  return buildSchema.parse({ kind: 'cloudRun', project, region, image, directory: 'app', ...rest });
}

let opened: Builds | undefined;
const builds = () =>
  (opened ??= createBuilds(clients, createGitSources(join(cloud.dir, 'mirrors'), { read: () => 'a-token' })));

/** What packs the manifest into the image. */
const manifest = {
  input: 'manifests/app.yaml',
  output: 'build/packed.json',
  settings: { path: 'config/app.toml', url: '/url', allowed: '/allowed', roots: '/roots' },
};

function run(build: BuildEntry, commitToBuild = commit, change = 'c0123456789', access: object = {}) {
  const repository = { url: `http://127.0.0.1:${cloud.httpPort}/git/app.git`, branch: 'main', ...access };
  const signal = new AbortController().signal;
  return builds().run({ build, repository, commit: commitToBuild, change, progress: () => undefined, signal });
}

/** Deploys an image and asks it for its answer. */
async function answerOf(name: string, image: string): Promise<unknown> {
  const hand = runClients(cloud);
  await createService(hand, cloud, name, { template: template(image), traffic: [latest(100)] });
  const [service] = await hand.services.getService({
    name: `projects/${cloud.project}/locations/${cloud.region}/services/${name}`,
  });
  await Promise.all(Object.values(hand).map((client) => client.close()));
  return (await fetch(service.uri ?? '')).json();
}

const submitted = () =>
  cloud.calls().filter(({ method, effect }) => method.endsWith('Builds/SubmitBuild') && effect === 'created').length;

describe('a build of a source by Cloud Run', () => {
  it('makes an image of the folder, which runs the web process of its Procfile', async () => {
    const before = submitted();
    const keep = { GOOGLE_RUNTIME: 'nodejs', BP_KEEP_FILES: '/workspace/.oneiric_cache', FLAVOUR: 'a $PLAIN $$ sign' };
    const artifact = await run(entry('kept', { environment: keep, cache: true }));
    expect(artifact).toEqual({
      commit,
      digest: expect.stringMatching(/^sha256:/) as string,
      image: `${entry('kept').image}@${artifact.digest}`,
    });
    expect(await run(entry('kept'))).toEqual(artifact);
    expect(submitted() - before).toBe(1);
    expect(await answerOf('kept', artifact.image)).toEqual({
      argument: 'from-the-procfile',
      built: 'a $PLAIN $$ sign',
      cache: true,
      // Variables of the build are not those of the service: JSON leaves out what is not there.
    });
    const [objects] = await storage.bucket(`run-sources-${cloud.project}-${cloud.region}`).getFiles();
    expect(objects.map(({ name }) => name)).toContain(
      `slipway/${cloud.project}/apps/kept/${commit}-c0123456789.tar.gz`,
    );
  });

  it('loses its cache folder where BP_KEEP_FILES does not keep it', async () => {
    const { image } = await run(entry('purged'));
    expect(await answerOf('purged', image)).toEqual({ argument: 'from-the-procfile', built: '', cache: false });
  });

  it('has the manifest of the commit in its image, packed as JSON', async () => {
    const { image } = await run(entry('packed', { manifest }));
    expect(await answerOf('packed', image)).toMatchObject({ packed: { workflows: ['notify'] } });
  });

  it('follows the build whose answer was lost', async () => {
    const before = submitted();
    const method = 'google.cloud.run.v2.Builds/SubmitBuild';
    await cloud.control('POST', 'faults', { method, nth: 1, kind: 'lost' });
    await cloud.control('PUT', 'tune', { buildMs: 2_500 });
    const build = entry('lost');
    await expect(run(build)).rejects.toMatchObject({ type: 'Unavailable', nonRetryable: false });
    expect(await run(build)).toMatchObject({ commit });
    await cloud.control('PUT', 'tune', { buildMs: 50 });
    expect(submitted() - before).toBe(1);
  });

  it('is not disturbed by another change that builds the same commit at the same time', async () => {
    await cloud.control('PUT', 'tune', { buildMs: 2_000 });
    const changes = ['c0000000001', 'c0000000002', 'c0000000003'];
    const artifacts = await Promise.all(changes.map((change) => run(entry('shared'), commit, change)));
    await cloud.control('PUT', 'tune', { buildMs: 50 });
    expect(new Set(artifacts.map(({ digest }) => digest)).size).toBe(1);
  });

  it.each([
    ['a runtime that is not there', {}, { environment: { GOOGLE_RUNTIME: 'python' } }, /GOOGLE_RUNTIME=python/],
    ['a Procfile without a web process', { broken: true }, {}, /the Procfile has no web process/],
  ])('fails for %s, and says so', async (_what, of, rest, message) => {
    const failure = run(entry('fails', rest), 'broken' in of ? broken : commit);
    await expect(failure).rejects.toMatchObject({
      type: 'GateFailed',
      nonRetryable: true,
      message: expect.stringMatching(message) as string,
    });
  });

  it('names the bucket that is missing, and how to make it', async () => {
    await expect(run(entry('nowhere', { sourceBucket: 'nobody-made-this' }))).rejects.toMatchObject({
      type: 'Missing',
      message: expect.stringContaining('gcloud storage buckets create gs://nobody-made-this') as string,
    });
  });

  it('is one of docker where the catalog says so', async () => {
    const artifact = await run(entry('docker', { with: 'docker' }));
    expect(await answerOf('docker', artifact.image)).toMatchObject({ argument: 'from-the-procfile', cache: true });
  });
});

describe('an image of gcr.io', () => {
  it('has its digest and its commit by the API of the registry', async () => {
    const image = `gcr.io/${cloud.project}/team/oneiric`;
    const build = entry('gcr', { image, environment: { GOOGLE_RUNTIME: 'nodejs' } });
    expect(await builds().find(build, commit)).toBeUndefined();
    const artifact = await run(build);
    expect(artifact.image).toBe(`${image}@${artifact.digest}`);
    expect(await builds().find(build, commit)).toEqual(artifact);
    expect(await builds().commitOf(build, artifact.image)).toBe(commit);
    expect(await builds().isStored(build, artifact.image)).toBe(true);
    expect(await createImages(clients).partsOf(artifact.image)).toEqual([]);
    const other = `${image}@sha256:${'0'.repeat(64)}`;
    expect(await builds().isStored(build, other)).toBe(false);
    expect(await builds().commitOf(build, other)).toBe('');
    expect(await answerOf('gcr', artifact.image)).toMatchObject({ argument: 'from-the-procfile' });
  });
});

describe('a build by pack', () => {
  const digest = `sha256:${'7'.repeat(64)}`;
  /** Stands for the program: writes down how it was called, and says what it says at its end. */
  function install(script: string): string {
    const folder = folders.create('pack');
    writeFileSync(join(folder, 'pack'), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    vi.stubEnv('PATH', `${folder}:${process.env['PATH'] ?? ''}`);
    return folder;
  }
  const packEntry = (rest: object = {}) =>
    buildSchema.parse({ kind: 'pack', image: 'registry.example.com/team/app', directory: 'app', ...rest });
  afterEach(() => vi.unstubAllEnvs());

  it('runs it on the source, with builder and variables, and takes the digest that it pushed', async () => {
    vi.stubEnv('DOCKER_HOST', 'unix:///somewhere');
    vi.stubEnv('SLIPWAY_CANARY', 'not-for-programs');
    const folder = install(
      `printf '%s\\n' "$@" > "$(dirname "$0")/arguments"; env > "$(dirname "$0")/variables"
       for each; do
         [ "$previous" = --path ] && ls -A "$each" > "$(dirname "$0")/source" &&
           cp "$each/build/packed.json" "$(dirname "$0")/packed"
         previous=$each
       done
       echo '===> EXPORTING'; echo '*** Digest: ${digest}'`,
    );
    const environment = { GOOGLE_RUNTIME: 'python', BP_KEEP_FILES: '/workspace/.oneiric_cache' };
    const build = packEntry({ environment, manifest });
    expect(await builds().missing(build)).toBeNull();
    expect(await run(build)).toEqual({ commit, digest, image: `registry.example.com/team/app@${digest}` });
    const read = (name: string) => readFileSync(join(folder, name), 'utf8');
    const called = read('arguments').trim().split('\n');
    expect(called.filter((_, index) => called[index - 1] !== '--path')).toEqual([
      ...['build', `registry.example.com/team/app:${commit}`, '--builder', 'gcr.io/buildpacks/builder', '--path'],
      ...['--env', 'GOOGLE_RUNTIME=python', '--env', 'BP_KEEP_FILES=/workspace/.oneiric_cache'],
      ...['--publish', '--no-color'],
    ]);
    expect(read('source').trim().split('\n')).toEqual([
      ...['.oneiric_cache', 'Procfile', 'build', 'manifests', 'package.json', 'server.js'],
    ]);
    expect(read('packed')).toBe('{"workflows":["notify"]}');
    expect(read('variables')).toContain('DOCKER_HOST=unix:///somewhere');
    expect(read('variables')).not.toContain('SLIPWAY_CANARY');
  });

  it('writes the manifest through no link of the commit', async () => {
    const folder = install(`touch "$(dirname "$0")/called"; echo '*** Digest: ${digest}'`);
    const outside = folders.create('outside');
    const work = folders.create('links');
    git(work, 'clone', '--quiet', join(cloud.dir, 'repos', 'app.git'), '.');
    symlinkSync(outside, join(work, 'app', 'build'));
    git(work, 'add', '.');
    git(work, 'commit', '--quiet', '-m', 'a link');
    git(work, 'push', '--quiet', 'origin', 'HEAD:refs/heads/links');
    git(join(cloud.dir, 'repos', 'app.git'), 'update-server-info');
    await expect(run(packEntry({ manifest }), git(work, 'rev-parse', 'HEAD'))).rejects.toMatchObject({
      type: 'GateFailed',
      message: 'build/packed.json cannot be written: build is a link',
    });
    expect([existsSync(join(folder, 'called')), readdirSync(outside)]).toEqual([false, []]);
  });

  it('says its last lines where it fails', async () => {
    install('echo "failed to connect to Docker"; exit 1');
    await expect(run(packEntry())).rejects.toMatchObject({
      type: 'GateFailed',
      message: expect.stringMatching(/pack ended with 1 .*failed to connect to Docker/) as string,
    });
  });

  it('is named as missing where it is not installed', async () => {
    vi.stubEnv('PATH', '/usr/bin:/bin');
    expect(await builds().missing(packEntry())).toMatch(/pack cannot be started .*install it/);
    expect(await builds().missing(entry('any'))).toBeNull();
    await expect(run(packEntry())).rejects.toMatchObject({ type: 'Missing' });
  });
});

describe('a build by Cloud Build of a repository that it cannot fetch', () => {
  const token = { token: { variable: 'SLIPWAY_SECRET_GIT' } };
  const docker = { steps: [{ name: 'gcr.io/cloud-builders/docker', args: ['build', '--tag', '{image}', '.'] }] };
  /** What the builds of an image got. */
  const sourcesOf = async (name: string) => {
    const [builds] = await clients.builds.listBuilds({
      parent: `projects/${cloud.project}/locations/${cloud.region}`,
      projectId: cloud.project,
    });
    const { image } = entry(name);
    return builds.filter(({ images }) => images?.[0]?.startsWith(`${image}:`)).map(({ source }) => source);
  };

  it.each([
    ['private', 'buildpacks', {}, token, `run-sources-`],
    ['private-docker', 'own steps', docker, token, `run-sources-`],
    ['public-uploaded', 'a bucket of its own', { sourceBucket: 'own-sources' }, {}, 'own-sources'],
  ])('%s: gets the folder of the commit as an upload, with %s', async (name, _how, rest, access, bucket) => {
    if (bucket === 'own-sources') await storage.createBucket(bucket);
    const built = await run(entry(name, { kind: 'cloudBuild', ...rest }), commit, 'c0123456789', access);
    expect(await answerOf(name, built.image)).toMatchObject({ argument: 'from-the-procfile' });
    const object = `slipway/${cloud.project}/apps/${name}/${commit}-c0123456789.tar.gz`;
    const [source, ...others] = await sourcesOf(name);
    expect(others).toEqual([]);
    expect(source?.gitSource ?? null).toBeNull();
    expect(source?.storageSource).toMatchObject({ bucket: expect.stringMatching(new RegExp(`^${bucket}`)), object });
  });

  it('fetches a public one itself', async () => {
    await run(entry('public', { kind: 'cloudBuild' }));
    expect(await sourcesOf('public')).toMatchObject([{ gitSource: { revision: commit, dir: 'app' } }]);
  });
});
