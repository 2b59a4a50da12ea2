import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { similarName } from '../../catalog/did-you-mean.ts';
import { standInVariables } from '../../sandbox/people.ts';
import { everyCommand } from './every-command.ts';
import { runSlipway } from './run-slipway.ts';

const project = path.join(import.meta.dirname, '..', '..');
const withCatalog = { ...standInVariables, SLIPWAY_CATALOG: path.join(project, 'catalog') };
const commit = 'a'.repeat(40);

describe('a mistake at the command line', () => {
  it.each<[words: string, says: string, help: string]>([
    ['depoly agento', 'Did you mean deploy?', './slipway --help'],
    ['environment shw', 'Did you mean show?', './slipway environment --help'],
    ['sandbox fault ad', 'Did you mean add?', './slipway sandbox fault --help'],
    ['deploy agento --enviroment staging', 'Did you mean --environment?', './slipway deploy --help'],
    ['status', "missing required argument 'run'", './slipway status --help'],
    ['status a b', 'too many arguments', './slipway status --help'],
    ['status a -o xml', 'Allowed choices are json, yaml', './slipway status --help'],
    ['incident', 'a command is missing', './slipway incident --help'],
    ['decide a-run', 'action: must be given: one of retry, skip', './slipway decide --help'],
    ['rollback agento -e production', 'reason: must be given', './slipway rollback --help'],
  ])('%s is told in one line, with the nearest help', async (words, says, help) => {
    const { exitCode, stderr, stdout } = await runSlipway(words.split(' '));
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toContain(says);
    expect(stderr.trimEnd().split('\n').at(-1)).toBe(`  → ${help}`);
  });

  it.each<[words: string, says: string]>([
    [`deploy agneto -e staging --commit ${commit}`, 'unknown service agneto; did you mean agento? known: agento, '],
    [
      `deploy agento -e prod --commit ${commit}`,
      'unknown environment prod of agento; did you mean production? known: ',
    ],
    ['freeze agneto --all --reason sale', 'unknown service agneto; did you mean agento?'],
  ])('%s names the one that was meant', async (words, says) => {
    expect(await runSlipway(words.split(' '), withCatalog)).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining(says),
    });
  });

  it('setup has its help, too', async () => {
    expect(await runSlipway(['setup', '--help'])).toMatchObject({ exitCode: 0, stderr: '' });
  });

  it('a start by somebody without a role is refused before there is a run, with who may', async () => {
    const words = ['deploy', 'agento', '-e', 'staging', '--by', 'stranger@example.com', '--commit', commit];
    // No server is there: it would have been asked to start the run.
    const ran = await runSlipway(words, { ...withCatalog, TEMPORAL_ADDRESS: '127.0.0.1:1' });
    expect(ran).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('stranger@example.com may not start a deploy of agento in staging: holders of'),
    });
  });

  it('a branch of a service that nobody knows is not called a bad commit', async () => {
    const { stderr } = await runSlipway(['deploy', 'agneto', '-e', 'staging', '--commit', 'main'], withCatalog);
    expect(stderr).toContain('unknown service agneto');
    expect(stderr).not.toContain('commit');
  });

  it('a branch that nobody here can look up is not called malformed', async () => {
    const { stderr } = await runSlipway(['deploy', 'agento', '-e', 'staging', '--commit', 'main']);
    expect(stderr).toContain(
      "commit: must be the full 40-digit SHA, since this machine's catalog does not say where it could be looked up",
    );
    expect(stderr.match(/commit:/g)).toHaveLength(1);
  });

  it('a service whose file cannot be used here is not called unknown', async () => {
    const deploy = async (name: string) =>
      runSlipway(['deploy', 'agento', '-e', 'staging', '--by', 'developer@example.com', '--commit', name], {
        SLIPWAY_CATALOG: withCatalog.SLIPWAY_CATALOG,
        TEMPORAL_ADDRESS: '127.0.0.1:1',
      });
    const branch = await deploy('main');
    expect(branch.exitCode).toBe(2);
    expect(branch.stderr).toMatch(/agento\.yaml cannot be used here: the variable SLIPWAY_\w+ is not set/);
    // The worker's catalog is what counts: it may have the variables that are not set here.
    expect((await deploy(commit)).exitCode).toBe(3);
  });
});

describe('a flag that is marked as required', () => {
  const pathOf = (flags: string): string =>
    (/--([a-z-]+)/.exec(flags)?.[1] ?? '').replace(/-([a-z])/g, (_dash, letter: string) => letter.toUpperCase());

  it.each([...everyCommand()])('%s: is just what is missing where nothing is given', async (words, entry) => {
    const { flags = [], arguments: args = [] } = await entry.load();
    const required = flags.filter(([, , details]) => details?.required).map(([each]) => pathOf(each));
    // Those that have none may do something here: start, stop, run tests.
    if (required.length === 0) return;
    const given = args.filter(([name]) => name.startsWith('<')).map(() => 'agento');
    const { exitCode, stdout } = await runSlipway([...words, ...given, '--json'], withCatalog);
    const { error } = JSON.parse(stdout) as { error: { problems: { path: string; message: string }[] } };
    const missing = error.problems.filter(({ message }) => message.startsWith('must be given'));
    expect(exitCode).toBe(2);
    expect(missing.map(({ path: each }) => each.replace('--', '')).sort()).toEqual(required.sort());
  });

  it('says so in the help', async () => {
    expect((await runSlipway(['rollback', '--help'])).stdout).toMatch(/--reason <text> +why; [^-]*\(required\)/);
  });
});

describe('an answer for a program', () => {
  it('is the same in JSON and in YAML', async () => {
    const json = await runSlipway(['catalog', 'check', '-o', 'json'], withCatalog);
    expect(await runSlipway(['catalog', 'check', '--json'], withCatalog)).toEqual(json);
    const yaml = await runSlipway(['catalog', 'check', '--output', 'yaml'], withCatalog);
    expect(yaml).toMatchObject({ exitCode: 0, stderr: '' });
    expect(yaml.stdout).not.toContain('{');
    expect(parse(yaml.stdout)).toEqual(JSON.parse(json.stdout));
  });

  it.each([
    ['--output=yaml', (text: string): unknown => parse(text)],
    ['-oyaml', (text: string): unknown => parse(text)],
    ['-ojson', (text: string): unknown => JSON.parse(text)],
    ['--json', (text: string): unknown => JSON.parse(text)],
  ])('has errors in the form that was asked for: %s', async (form, read) => {
    const { stdout, stderr, exitCode } = await runSlipway(['status', 'a', 'b', form]);
    expect({ exitCode, stderr }).toEqual({ exitCode: 2, stderr: '' });
    expect(read(stdout)).toMatchObject({ error: { code: 'BadUsage', hints: ['./slipway status --help'] } });
  });
});

it('one form of an answer is asked for, not two', async () => {
  const { stdout } = await runSlipway(['status', 'a', '-o', 'yaml', '--json']);
  expect(JSON.parse(stdout)).toMatchObject({ error: { message: expect.stringContaining('cannot be used with') } });
});

describe('./slipway --version', () => {
  it.each(['--version', '-V'])('%s is that of the package', async (flag) => {
    const { version } = JSON.parse(await readFile(path.join(project, 'package.json'), 'utf8')) as { version: string };
    expect(await runSlipway([flag])).toEqual({ exitCode: 0, stdout: `slipway ${version}`, stderr: '' });
  });
});

describe('a name that is nearly right', () => {
  it.each([
    ['agneto', 'agento'],
    ['prod', 'production'],
    ['stagign', 'staging'],
    ['moon', undefined],
    ['p', undefined],
    ['', undefined],
  ])('%s means %s', (given, meant) => {
    expect(similarName(given, ['agento', 'staging', 'production'])).toBe(meant);
  });

  it('means nothing where there are no names, or several begin so', () => {
    expect(similarName('staging', [])).toBeUndefined();
    expect(similarName('openagents', ['openagents-runtime', 'openagents-web'])).toBeUndefined();
  });
});
