import { describe, expect, test } from 'vitest';
import { buildStage } from './build-fixtures.ts';
import type { IBuild } from './build-fixtures.ts';

const { stage, repositoryUrl, dockerBuild, create, untilFinished, run } = buildStage();

/** A program that lasts, as a step. */
const sleeping: IBuild['steps'] = [{ name: 'bash', args: ['-c', 'sleep 30'] }];

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
    const [operation] = await stage.builds.createBuild({
      parent: stage.cloud.parent,
      projectId: stage.cloud.project,
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
      .poll(async () => (await stage.builds.getBuild({ name }))[0].steps?.[0]?.status, { timeout: 5_000 })
      .toBe('WORKING');
    expect((await stage.builds.cancelBuild({ name }))[0].status).toBe('CANCELLED');
    expect((await untilFinished(name)).status).toBe('CANCELLED');
    await expect(stage.builds.cancelBuild({ name })).rejects.toMatchObject({ code: 9 });
    expect(
      stage.cloud
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
    const refused = stage.builds.createBuild({
      parent: stage.cloud.parent,
      projectId: stage.cloud.project,
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
