import { describe, expect, it } from 'vitest';
import { procfileProblems } from '../../activities/procfile.ts';
import { build } from '../../contract/catalog/build.ts';
import { commits, World } from '../workflows/world.ts';

const place = { kind: 'cloudRun', project: 'project-1', region: 'us-central1', image: 'host.example/p/r/i' };
const web = 'web: node server.js\n';

async function problemsOf(files: Record<string, string>, settings: object = {}, ofBuild: object = {}) {
  const world = new World();
  for (const [name, text] of Object.entries(files)) world.files.set(name, text);
  world.entry.build = build.parse({ ...place, ...ofBuild });
  Object.assign(world.entry.settings.target, settings);
  const { sources } = world.ports({} as never, {} as never);
  return procfileProblems(sources, world.entry, commits.good);
}

describe('the Procfiles of a commit', () => {
  it.each([
    ['one that starts it', { Procfile: web }],
    ['none: buildpacks find out by themselves', {}],
    ['two that are the same but for a blank line', { Procfile: web, 'Procfile.cloudrun': `${web}\n` }],
  ])('are right: %s', async (_what, files) => {
    expect(await problemsOf(files)).toEqual([]);
  });

  it.each([
    [
      'another command',
      { Procfile: 'web: node server.js --remote\n', 'Procfile.cloudrun': web },
      'web is `node server.js --remote` here and `node server.js` there',
    ],
    ['another process', { Procfile: `${web}migrate: node migrate.js\n`, 'Procfile.cloudrun': web }, 'in other lines'],
    ['no web', { Procfile: web, 'Procfile.cloudrun': 'x: y\n' }, 'web is `node server.js` here and missing there'],
  ])('differ: %s', async (_what, files, how) => {
    const message = `it differs from Procfile.cloudrun: ${how}; change both together, or make one a link to the other`;
    expect(await problemsOf(files)).toEqual([{ path: 'build.Procfile', message }]);
  });

  it('start nothing without a web process, unless the target has a command', async () => {
    const files = { Procfile: 'worker: node worker.js\n' };
    expect(await problemsOf(files)).toMatchObject([{ message: expect.stringContaining('no web process') as string }]);
    expect(await problemsOf(files, { command: ['worker'] })).toEqual([]);
  });

  it('are no use as a template alone', async () => {
    const short = commits.good.slice(0, 12);
    const message = `commit ${short} has Procfile.cloudrun and no Procfile: buildpacks read Procfile alone`;
    expect(await problemsOf({ 'Procfile.cloudrun': web })).toEqual([{ path: 'build.Procfile', message }]);
  });

  it('are looked for where the build has its source, and only if buildpacks read them', async () => {
    const files = { 'app/Procfile': web, 'app/Procfile.cloudrun': 'web: other\n' };
    expect(await problemsOf(files)).toEqual([]);
    expect(await problemsOf(files, {}, { directory: 'app' })).toMatchObject([{ path: 'build.app/Procfile' }]);
    expect(await problemsOf(files, {}, { directory: 'app', with: 'docker' })).toEqual([]);
  });
});
