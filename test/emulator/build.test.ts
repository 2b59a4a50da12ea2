import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { ArtifactRegistryClient } from '@google-cloud/artifact-registry';
import { CloudBuildClient } from '@google-cloud/cloudbuild';
import { Logging } from '@google-cloud/logging';
import { Storage } from '@google-cloud/storage';
import { describe, expect, test } from 'vitest';
import { buildStage, createRepository, files, writeFiles } from './build-fixtures.ts';
import type { IBuild } from './build-fixtures.ts';
import { restart, startForTest } from './stage.ts';

const { stage, folders, imagePath, repositoryUrl, dockerBuild, statusName, run } = buildStage();

describe('a build of a commit', () => {
  test('ends in a tag of the registry, and tells the commit and the digest', async () => {
    const build = await run(dockerBuild('first', stage.commits.good, { tags: ['runtime'] }));
    expect(build).toMatchObject({ status: 'SUCCESS', projectId: stage.cloud.project, tags: ['runtime'] });
    expect(build.sourceProvenance?.resolvedGitSource?.revision).toBe(stage.commits.good);
    expect(build.images).toEqual([`${imagePath('first')}:test`]);
    const [image] = build.results?.images ?? [];
    expect(image?.name).toBe(`${imagePath('first')}:test`);
    const [tag] = await new ArtifactRegistryClient(stage.cloud.clientOptions()).getTag({
      name: `${stage.cloud.parent}/repositories/apps/packages/first/tags/test`,
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
    for (const revision of [stage.commits.good, 'main', 'v1', '', stage.commits.good.slice(0, 8)]) {
      const build = await run(dockerBuild('again', revision));
      digests.push(build.results?.images?.[0]?.digest);
      expect(build.sourceProvenance?.resolvedGitSource?.revision).toBe(stage.commits.good);
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
    const [operation] = await stage.builds.createBuild({
      projectId: stage.cloud.project,
      build: dockerBuild('operation', 'main'),
    });
    const [build, metadata] = (await operation.promise()) as unknown as [IBuild, { build: IBuild }];
    expect(statusName(build)).toBe('SUCCESS');
    expect(metadata.build.id).toBe(build.id);
    expect(operation.name).toMatch(/^operations\/build\//);
    expect(build.name).toContain('/locations/global/');
    expect((await stage.builds.getBuild({ projectId: stage.cloud.project, id: build.id ?? '' }))[0].id).toBe(build.id);
  });

  test('its output is in the log', async () => {
    const build = await run(dockerBuild('logged', stage.commits.broken, { tags: ['noisy'] }));
    expect(build.status).toBe('FAILURE');
    const logging = new Logging(stage.cloud.clientOptions());
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
    const storage = new Storage({
      apiEndpoint: `http://127.0.0.1:${stage.cloud.httpPort}`,
      projectId: stage.cloud.project,
    });
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
    (await stage.builds.listBuilds({ parent: stage.cloud.parent, projectId: stage.cloud.project, filter }))[0].map(
      (build) => build.name,
    );
  expect(await list('tags="listed"')).toEqual(names);
  expect(await list('tags="listed" AND tags="one"')).toEqual([names[1]]);
  expect(await list('tags="listed" AND NOT status="SUCCESS"')).toEqual([]);
  expect(await list(`build_id="${names[0]?.split('/').pop() ?? ''}"`)).toEqual([names[0]]);
  expect(await list('create_time<"2001-01-01T00:00:00Z"')).toEqual([]);
  const [global] = await stage.builds.listBuilds({ projectId: stage.cloud.project, filter: 'tags="listed"' });
  expect(global).toEqual([]);
  await expect(list('colour="red"')).rejects.toMatchObject({ code: 3 });
  await expect(stage.builds.getBuild({ name: `${stage.cloud.parent}/builds/none` })).rejects.toMatchObject({ code: 5 });
});

test('a build that was under way when the emulator was killed is carried through', async () => {
  const one = await startForTest({ tempo: { buildMs: 1_500 } });
  createRepository(folders, join(one.dir, 'repos', 'app.git'));
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
  const two = await restart(one, { tempo: { buildMs: 50 } });
  const client = new CloudBuildClient(two.clientOptions());
  await expect
    .poll(async () => (await client.getBuild({ name: name ?? '' }))[0].status, { timeout: 10_000 })
    .toBe('SUCCESS');
});
