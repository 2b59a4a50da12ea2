import { describe, expect, it } from 'vitest';
import { build, usesBuildpacks } from '../../contract/catalog/build.ts';
import { target } from '../../contract/catalog/targets/target.ts';

const image = 'us-central1-docker.pkg.dev/project-1/apps/app';
const place = { project: 'project-1', region: 'us-central1', image };
const steps = [{ name: 'docker', args: ['build', '.'] }];
const environment = { GOOGLE_RUNTIME: 'nodejs' };
const settings = { path: 'config/app.toml', url: '/url', allowed: '/allowed', roots: '/roots' };
const manifest = { input: 'manifests/app.yaml', output: 'build/app.json', settings };
const service = { kind: 'cloudRun', project: 'project-1', region: 'us-central1', service: 'app' };

/** Lists what a schema says of a value, with the places. */
function problemsOf(schema: typeof build | typeof target, value: unknown): string[] {
  const { error } = schema.safeParse(value);
  return (error?.issues ?? []).map((issue) => `${issue.path.join('.')}: ${issue.message}`);
}

describe('a build in a catalog file', () => {
  it.each([
    ['own steps', { kind: 'cloudBuild', ...place, steps }, false],
    ['Cloud Build without steps', { kind: 'cloudBuild', ...place, environment, builder: 'builder.example/b:1' }, true],
    ['Cloud Run', { kind: 'cloudRun', ...place, environment, cache: true }, true],
    ['Cloud Run by docker', { kind: 'cloudRun', ...place, with: 'docker' }, false],
    ['pack', { kind: 'pack', image: 'gcr.io/project-1/app', environment, manifest }, true],
    ['Cloud Run with a manifest', { kind: 'cloudRun', ...place, manifest }, true],
  ])('%s', (_what, value, byBuildpacks) => {
    expect(problemsOf(build, value)).toEqual([]);
    expect(usesBuildpacks(build.parse(value))).toBe(byBuildpacks);
  });

  it.each([
    ['another kind', { kind: 'jenkins', image }, /: must have a kind: cloudBuild, cloudRun or pack$/],
    ['variables beside own steps', { kind: 'cloudBuild', ...place, steps, environment }, /^environment: must not be/],
    ['a builder beside own steps', { kind: 'cloudBuild', ...place, steps, builder: 'b' }, /^builder: must not be/],
    ['variables of docker', { kind: 'cloudRun', ...place, with: 'docker', environment }, /^environment: must not be/],
    ['a manifest of docker', { kind: 'cloudRun', ...place, with: 'docker', manifest }, /^manifest: must not be there/],
    ['a manifest of Cloud Build', { kind: 'cloudBuild', ...place, manifest }, /manifest/],
    [
      'a manifest that is no JSON',
      { kind: 'pack', image: 'gcr.io/project-1/app', manifest: { ...manifest, output: 'build/app.yaml' } },
      /^manifest.output: must end with .json$/,
    ],
    ['a time limit that nobody keeps', { kind: 'cloudRun', ...place, timeoutMinutes: 5 }, /timeoutMinutes/],
    ['a tag', { kind: 'pack', image: 'gcr.io/project-1/app:latest' }, /^image: must be .* without tag or digest$/],
  ])('is refused: %s', (_what, value, problem) => {
    expect(problemsOf(build, value)).toEqual([expect.stringMatching(problem)]);
  });
});

describe('the flags of a deploy in a catalog file', () => {
  it('are fields of the target', () => {
    const flags = { command: ['web'], args: ['--fast'], port: 8080, minInstances: 0, maxInstances: 5 };
    const access = { serviceAccount: 'app@project-1.iam.gserviceaccount.com', allowUnauthenticated: true };
    expect(problemsOf(target, { ...service, ...flags, ...access })).toEqual([]);
  });

  it.each([
    [
      'more at least than at most',
      { minInstances: 3, maxInstances: 2 },
      /^minInstances: must not exceed maxInstances$/,
    ],
    ['none at most', { maxInstances: 0 }, /^maxInstances: at least 1$/],
    ['a port that there is not', { port: 70_000 }, /^port: at most 65535$/],
    ['a command of nothing', { command: [] }, /^command: must name a program$/],
  ])('are refused: %s', (_what, flags, problem) => {
    expect(problemsOf(target, { ...service, ...flags })).toEqual([expect.stringMatching(problem)]);
  });
});
