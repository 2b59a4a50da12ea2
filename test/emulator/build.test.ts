import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ArtifactRegistryClient } from '@google-cloud/artifact-registry';
import { CloudBuildClient, protos } from '@google-cloud/cloudbuild';
import { Logging } from '@google-cloud/logging';
import { Storage } from '@google-cloud/storage';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startCloud } from './cloud.ts';
import type { CloudProcess } from './cloud.ts';
import { temporaryFolders } from './folders.ts';

type IBuild = protos.google.devtools.cloudbuild.v1.IBuild;

const folders = temporaryFolders();
let cloud: CloudProcess;
let builds: CloudBuildClient;
let commits: Record<'good' | 'broken', string>;

beforeAll(async () => {
  cloud = await startCloud();
  builds = new CloudBuildClient(cloud.clientOptions());
  commits = createRepository(join(cloud.dir, 'repos', 'app.git'));
});
afterAll(async () => {
  await cloud.stop();
});

const files = {
  Procfile: 'web: node server.js\n',
  'server.js':
    'const http = require("node:http");\n' +
    'http.createServer((_, answer) => answer.end("ok")).listen(process.env.PORT);\n',
  'apps/web/Procfile': 'web: node main.mjs\n',
  'apps/web/main.mjs': 'import http from "node:http";\nawait 0;\nhttp.createServer().listen(process.env.PORT);\n',
  'apps/web/typed.ts': 'const port: number = 1;\nexport { port };\n',
};

function git(cwd: string, ...args: string[]): string {
  const identity = ['-c', 'user.name=Test', '-c', 'user.email=test@example.com', '-c', 'init.defaultBranch=main'];
  return execFileSync('git', [...identity, ...args], {
    cwd,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  }).trim();
}

function writeFiles(folder: string, contents: Record<string, string>): void {
  for (const [path, text] of Object.entries(contents)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
}

/** A bare repository with a good commit on main and one that does not parse on the branch broken. */
function createRepository(bare: string): Record<'good' | 'broken', string> {
  const work = folders.create('repository');
  git(work, 'init', '--quiet');
  writeFiles(work, files);
  git(work, 'add', '.');
  git(work, 'commit', '--quiet', '-m', 'good');
  const good = git(work, 'rev-parse', 'HEAD');
  git(work, 'tag', 'v1');
  git(work, 'checkout', '--quiet', '-b', 'broken');
  writeFiles(work, { 'server.js': 'const = 1;\n' });
  git(work, 'commit', '--quiet', '-am', 'broken');
  const broken = git(work, 'rev-parse', 'HEAD');
  git(work, 'checkout', '--quiet', 'main');
  git(work, 'clone', '--quiet', '--bare', work, bare);
  git(bare, 'update-server-info');
  return { good, broken };
}

const imagePath = (name: string): string => `${cloud.region}-docker.pkg.dev/${cloud.project}/apps/${name}`;
const repositoryUrl = (): string => `http://127.0.0.1:${cloud.httpPort}/git/app.git`;

/** A build of a commit with `docker build`, as in the sequence of runbook 000. */
function dockerBuild(name: string, revision: string, extra: IBuild = {}): IBuild {
  const image = `${imagePath(name)}:\${_TAG}`;
  return {
    source: { gitSource: { url: repositoryUrl(), revision } },
    steps: [{ name: 'gcr.io/cloud-builders/docker', args: ['build', '-t', image, '.'] }],
    images: [image],
    substitutions: { _TAG: 'test' },
    ...extra,
  };
}

const statusName = (build: IBuild): string | undefined =>
  protos.google.devtools.cloudbuild.v1.Build.Status[Number(build.status)];

async function create(build: IBuild): Promise<string> {
  const [operation] = await builds.createBuild({ parent: cloud.parent, projectId: cloud.project, build });
  const metadata = operation.metadata as unknown as { build: IBuild };
  // What the library decodes out of an operation has enums as numbers.
  expect(statusName(metadata.build)).toBe('QUEUED');
  return metadata.build.name ?? '';
}

async function finished(name: string): Promise<IBuild> {
  let build: IBuild = {};
  await expect
    .poll(
      async () => {
        [build] = await builds.getBuild({ name });
        return ['QUEUED', 'WORKING'].includes(String(build.status));
      },
      { timeout: 15_000, interval: 50 },
    )
    .toBe(false);
  return build;
}

const run = async (build: IBuild): Promise<IBuild> => finished(await create(build));

/** A program that lasts, as a step. */
const sleeping: IBuild['steps'] = [{ name: 'bash', args: ['-c', 'sleep 30'] }];

describe('a build of a commit', () => {
  test('ends in a tag of the registry, and tells the commit and the digest', async () => {
    const build = await run(dockerBuild('first', commits.good, { tags: ['runtime'] }));
    expect(build).toMatchObject({ status: 'SUCCESS', projectId: cloud.project, tags: ['runtime'] });
    expect(build.sourceProvenance?.resolvedGitSource?.revision).toBe(commits.good);
    expect(build.images).toEqual([`${imagePath('first')}:test`]);
    const [image] = build.results?.images ?? [];
    expect(image?.name).toBe(`${imagePath('first')}:test`);
    const [tag] = await new ArtifactRegistryClient(cloud.clientOptions()).getTag({
      name: `${cloud.parent}/repositories/apps/packages/first/tags/test`,
    });
    expect(tag.version?.endsWith(`/versions/${image?.digest ?? ''}`)).toBe(true);
    expect(Number(build.finishTime?.seconds)).toBeGreaterThanOrEqual(Number(build.startTime?.seconds));
    expect(Object.keys(build.timing ?? {}).sort()).toEqual(['BUILD', 'FETCHSOURCE', 'PUSH']);
    expect(build.steps?.[0]).toMatchObject({
      status: 'SUCCESS',
      args: ['build', '-t', `${imagePath('first')}:test`, '.'],
    });
  });

  test('gives the same digest when it is built again, by whatever name the commit goes', async () => {
    const digests = [];
    for (const revision of [commits.good, 'main', 'v1', '', commits.good.slice(0, 8)]) {
      const build = await run(dockerBuild('again', revision));
      digests.push(build.results?.images?.[0]?.digest);
      expect(build.sourceProvenance?.resolvedGitSource?.revision).toBe(commits.good);
    }
    expect(new Set(digests).size).toBe(1);
    expect(digests[0]).toMatch(/^sha256:[0-9a-f]{64}$/);
  });

  test('a folder of the repository makes an image of its own, with pack too', async () => {
    const packed = (source: object, args: string[]): IBuild => ({
      source: { gitSource: { url: repositoryUrl(), revision: 'main', ...source } },
      steps: [
        {
          name: 'gcr.io/k8s-skaffold/pack',
          entrypoint: 'pack',
          args: ['build', `${imagePath('web')}:x`, '--builder', 'gcr.io/buildpacks/builder', ...args],
        },
      ],
      images: [`${imagePath('web')}:x`],
    });
    const whole = await run(packed({}, []));
    const byDir = await run(packed({ dir: 'apps/web' }, []));
    const byPath = await run(packed({}, ['--path=apps/web']));
    const byContext = await run(
      dockerBuild('web', 'main', {
        steps: [
          {
            name: 'docker',
            dir: 'apps',
            args: ['build', '--tag', `${imagePath('web')}:\${_TAG}`, '-f', 'web/Dockerfile', 'web'],
          },
        ],
      }),
    );
    const digest = (build: IBuild): string => build.results?.images?.[0]?.digest ?? String(build.statusDetail);
    expect(digest(byDir)).toMatch(/^sha256:/);
    expect([digest(byPath), digest(byContext)]).toEqual([digest(byDir), digest(byDir)]);
    expect(digest(whole)).not.toBe(digest(byDir));
  });

  test('the operation ends with the build, found under its own name', async () => {
    const [operation] = await builds.createBuild({ projectId: cloud.project, build: dockerBuild('operation', 'main') });
    const [build, metadata] = (await operation.promise()) as unknown as [IBuild, { build: IBuild }];
    expect(statusName(build)).toBe('SUCCESS');
    expect(metadata.build.id).toBe(build.id);
    expect(operation.name).toMatch(/^operations\/build\//);
    expect(build.name).toContain('/locations/global/');
    expect((await builds.getBuild({ projectId: cloud.project, id: build.id ?? '' }))[0].id).toBe(build.id);
  });

  test('its output is in the log', async () => {
    const build = await run(dockerBuild('logged', commits.broken, { tags: ['noisy'] }));
    expect(build.status).toBe('FAILURE');
    const logging = new Logging(cloud.clientOptions());
    const [entries] = await logging.getEntries({
      filter: `resource.type="build" AND resource.labels.build_id="${build.id ?? ''}"`,
      orderBy: 'timestamp asc',
    });
    const lines = entries.map((entry) => String(entry.data));
    expect(lines[0]).toBe(`starting build "${build.id ?? ''}"`);
    expect(lines.join('\n')).toMatch(/Step #0: server\.js:1: SyntaxError: Unexpected token '='/);
    expect(entries.at(-1)?.metadata).toMatchObject({ severity: 'ERROR', labels: { build_tags: 'noisy' } });
  });
});

describe('a build of an uploaded archive', () => {
  test('takes the generation that it names', async () => {
    const folder = folders.create('archive');
    writeFiles(folder, files);
    const storage = new Storage({ apiEndpoint: `http://127.0.0.1:${cloud.httpPort}`, projectId: cloud.project });
    const [bucket] = await storage.createBucket('slipway-archives');
    const file = bucket.file('source.tgz');
    await file.save(execFileSync('tar', ['-czf', '-', '.'], { cwd: folder }));
    const generation = String((await file.getMetadata())[0].generation);
    const archived = (object: string, at: string): IBuild =>
      dockerBuild('archived', '', {
        source: { storageSource: { bucket: 'slipway-archives', object, generation: at } },
      });
    const built = await run(archived('source.tgz', generation));
    expect(built).toMatchObject({
      status: 'SUCCESS',
      sourceProvenance: { resolvedStorageSource: { bucket: 'slipway-archives', object: 'source.tgz', generation } },
    });
    const fromGit = await run(dockerBuild('archived', 'main'));
    expect(built.results?.images?.[0]?.digest).toBe(fromGit.results?.images?.[0]?.digest);
    expect(await run(archived('source.tgz', '1'))).toMatchObject({
      status: 'FAILURE',
      failureInfo: { type: 'FETCH_SOURCE_FAILED' },
    });
    await bucket.file('text').save('no archive');
    expect(await run(archived('text', '0'))).toMatchObject({
      status: 'FAILURE',
      failureInfo: { type: 'FETCH_SOURCE_FAILED' },
    });
  });
});

describe('a build that fails', () => {
  test.each<[name: string, make: () => IBuild, type: string, detail: RegExp]>([
    [
      'a script that does not parse',
      () => dockerBuild('f', 'broken'),
      'USER_BUILD_STEP',
      /build step 0 .* failed: step exited with non-zero status: 1/,
    ],
    [
      'an unknown revision',
      () => dockerBuild('f', 'nowhere'),
      'FETCH_SOURCE_FAILED',
      /revision 'nowhere' was not found/,
    ],
    [
      'an unknown repository',
      () => dockerBuild('f', 'main', { source: { gitSource: { url: `${repositoryUrl()}x` } } }),
      'FETCH_SOURCE_FAILED',
      /failed to fetch/,
    ],
    [
      'a failing program',
      () =>
        dockerBuild('f', 'main', {
          steps: [{ name: 'bash', args: ['-c', 'echo no; exit 3'] }],
          images: [],
          substitutions: {},
        }),
      'USER_BUILD_STEP',
      /non-zero status: 3/,
    ],
    [
      'a program that is not there',
      () => dockerBuild('f', 'main', { steps: [{ name: 'gcr.io/x/no-such-program' }], images: [], substitutions: {} }),
      'USER_BUILD_STEP',
      /non-zero status: 127/,
    ],
    [
      'an image that no step built',
      () =>
        dockerBuild('f', 'main', { images: [`${'us-central1'}-docker.pkg.dev/slipway-sandbox/apps/other:\${_TAG}`] }),
      'PUSH_IMAGE_NOT_FOUND',
      /does not exist locally/,
    ],
    [
      'a folder without a Procfile',
      () =>
        dockerBuild('f', 'main', { source: { gitSource: { url: repositoryUrl(), revision: 'main', dir: 'apps' } } }),
      'USER_BUILD_STEP',
      /no Procfile/,
    ],
    [
      'a context outside',
      () =>
        dockerBuild('f', 'main', {
          steps: [{ name: 'docker', args: ['build', '-t', '${_TAG}', '../../..'] }],
          images: [],
        }),
      'USER_BUILD_STEP',
      /non-zero status: 1/,
    ],
  ])('%s', async (_name, make, type, detail) => {
    const build = await run(make());
    expect(build).toMatchObject({ status: 'FAILURE', failureInfo: { type } });
    expect(build.statusDetail).toMatch(detail);
    expect(build.results?.images ?? []).toEqual([]);
  });

  test('fails its operation too', async () => {
    const [operation] = await builds.createBuild({
      parent: cloud.parent,
      projectId: cloud.project,
      build: dockerBuild('f', 'broken'),
    });
    await expect(operation.promise()).rejects.toThrow(/step exited with non-zero status/);
  });

  test('a step that may fail does not', async () => {
    const steps = [
      { name: 'bash', args: ['-c', 'exit 3'], allowFailure: true },
      { name: 'bash', args: ['-c', 'exit 4'], allowExitCodes: [4] },
      { name: 'ubuntu', script: 'test "$PROJECT_ID" = slipway-sandbox && test -f Procfile' },
    ];
    expect(await run(dockerBuild('f', 'main', { steps, images: [], substitutions: {} }))).toMatchObject({
      status: 'SUCCESS',
    });
  });

  test("a step sees nothing of the emulator's environment", async () => {
    const steps = [
      {
        name: 'node',
        args: ['-e', 'process.exit(Object.keys(process.env).some((name) => /VITEST|NODE_ENV/.test(name)) ? 1 : 0)'],
        env: ['A=b'],
      },
    ];
    expect(await run(dockerBuild('f', 'main', { steps, images: [], substitutions: {} }))).toMatchObject({
      status: 'SUCCESS',
    });
  });
});

describe('a build that is stopped', () => {
  test('by its caller', async () => {
    const name = await create(dockerBuild('s', 'main', { steps: sleeping, images: [], substitutions: {} }));
    await expect
      .poll(async () => (await builds.getBuild({ name }))[0].steps?.[0]?.status, { timeout: 5_000 })
      .toBe('WORKING');
    expect((await builds.cancelBuild({ name }))[0].status).toBe('CANCELLED');
    expect((await finished(name)).status).toBe('CANCELLED');
    await expect(builds.cancelBuild({ name })).rejects.toMatchObject({ code: 9 });
    expect(
      cloud
        .calls()
        .filter((call) => call.resource === name && call.effect !== 'none')
        .map((call) => call.effect),
    ).toEqual(['created', 'cancelled']);
  });

  test('by its timeout', async () => {
    const build = await run(
      dockerBuild('s', 'main', { steps: sleeping, images: [], substitutions: {}, timeout: { seconds: 1 } }),
    );
    expect(build).toMatchObject({ status: 'TIMEOUT', statusDetail: 'build timed out' });
  });
});

describe('refused before anything begins', () => {
  test.each<[name: string, change: () => IBuild, message: RegExp]>([
    [
      'a path as repository',
      () => ({ source: { gitSource: { url: '/srv/git/app.git' } } }),
      /must be an http, https or git URL/,
    ],
    ['a relative path', () => ({ source: { gitSource: { url: '../app.git' } } }), /must be an http, https or git URL/],
    [
      'a file URL',
      () => ({ source: { gitSource: { url: 'file:///srv/git/app.git' } } }),
      /must be an http, https or git URL/,
    ],
    [
      'a helper of git',
      () => ({ source: { gitSource: { url: 'ext::sh -c id' } } }),
      /must be an http, https or git URL/,
    ],
    [
      'an option as revision',
      () => ({ source: { gitSource: { url: repositoryUrl(), revision: '--upload-pack=x' } } }),
      /is not a revision/,
    ],
    [
      'a folder outside',
      () => ({ source: { gitSource: { url: repositoryUrl(), dir: '../..' } } }),
      /must be a folder inside/,
    ],
    ['no source', () => ({ source: null }), /build.source/],
    ['no steps', () => ({ steps: [] }), /at least one step/],
    ['an image elsewhere', () => ({ images: ['docker.io/library/x:${_TAG}'] }), /is not LOCATION-docker/],
    [
      'an image of another project',
      () => ({ images: ['us-central1-docker.pkg.dev/other/apps/x:${_TAG}'] }),
      /is not in project/,
    ],
    ['an unknown substitution', () => ({ tags: ['$_OTHER'] }), /"_OTHER" is not a valid built-in substitution/],
    [
      'a substitution without use',
      () => ({ substitutions: { _TAG: 'x', _EXTRA: 'y' } }),
      /"_EXTRA" in the substitution data is not matched/,
    ],
    ['a badly named substitution', () => ({ substitutions: { _TAG: 'x', tag: 'y' } }), /must begin with an underscore/],
    [
      'secrets',
      () => ({ availableSecrets: { secretManager: [{ env: 'A', versionName: 'projects/p/secrets/s/versions/1' }] } }),
      /not served by this emulator/,
    ],
  ])('%s', async (_name, change, message) => {
    const refused = builds.createBuild({
      parent: cloud.parent,
      projectId: cloud.project,
      build: dockerBuild('r', 'main', change()),
    });
    await expect(refused).rejects.toMatchObject({ code: 3, message: expect.stringMatching(message) as string });
  });

  test('loose substitutions', async () => {
    const loose = {
      substitutions: { _TAG: 'loose', _EXTRA: 'y' },
      tags: ['$_OTHER-x', '$$HOME', 'id-${BUILD_ID}'],
      options: { substitutionOption: 'ALLOW_LOOSE' as const },
    };
    const build = await run(dockerBuild('r', 'main', loose));
    expect(build).toMatchObject({ status: 'SUCCESS', tags: ['-x', '$HOME', `id-${build.id ?? ''}`] });
  });
});

test('builds are listed by region, newest first, and by filter', async () => {
  const tag = (name: string): IBuild =>
    dockerBuild('l', 'main', {
      steps: [{ name: 'bash', args: ['-c', 'true'] }],
      images: [],
      substitutions: {},
      tags: ['listed', name],
    });
  const names = [];
  for (const each of ['one', 'two']) names.unshift((await run(tag(each))).name);
  const list = async (filter: string): Promise<unknown[]> =>
    (await builds.listBuilds({ parent: cloud.parent, projectId: cloud.project, filter }))[0].map((build) => build.name);
  expect(await list('tags="listed"')).toEqual(names);
  expect(await list('tags="listed" AND tags="one"')).toEqual([names[1]]);
  expect(await list('tags="listed" AND NOT status="SUCCESS"')).toEqual([]);
  expect(await list(`build_id="${names[0]?.split('/').pop() ?? ''}"`)).toEqual([names[0]]);
  expect(await list('create_time<"2001-01-01T00:00:00Z"')).toEqual([]);
  const [global] = await builds.listBuilds({ projectId: cloud.project, filter: 'tags="listed"' });
  expect(global).toEqual([]);
  await expect(list('colour="red"')).rejects.toMatchObject({ code: 3 });
  await expect(builds.getBuild({ name: `${cloud.parent}/builds/none` })).rejects.toMatchObject({ code: 5 });
});

test('a build that was under way when the emulator was killed is carried through', async () => {
  const one = await startCloud({ tempo: { buildMs: 1_500 } });
  createRepository(join(one.dir, 'repos', 'app.git'));
  const image = `${one.region}-docker.pkg.dev/${one.project}/kept/app:x`;
  const build = {
    source: { gitSource: { url: `http://127.0.0.1:${one.httpPort}/git/app.git`, revision: 'main' } },
    steps: [{ name: 'docker', args: ['build', '-t', image, '.'] }],
    images: [image],
  };
  const [operation] = await new CloudBuildClient(one.clientOptions()).createBuild({
    parent: one.parent,
    projectId: one.project,
    build,
  });
  const { name } = (operation.metadata as unknown as { build: IBuild }).build;
  await one.stop('SIGKILL');
  folders.remove(one.dir);
  const two = await startCloud({
    dir: one.dir,
    grpcPort: one.grpcPort,
    httpPort: one.httpPort,
    tempo: { buildMs: 50 },
  });
  const client = new CloudBuildClient(two.clientOptions());
  await expect
    .poll(async () => (await client.getBuild({ name: name ?? '' }))[0].status, { timeout: 10_000 })
    .toBe('SUCCESS');
  await two.stop();
});
