import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { MockActivityEnvironment } from '@temporalio/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createBaselineActivities } from '../../activities/baseline/index.ts';
import { finalFailure } from '../../activities/failure.ts';
import type { Ports } from '../../activities/ports/index.ts';
import type { BaselineCheck, BaselineReport, OutputTail } from '../../contract/baseline.ts';
import { baseline } from '../../contract/catalog/baseline.ts';
import { identify } from '../../sandbox/process-identity.ts';
import { eventually } from '../until.ts';
import { commits, World } from '../workflows/world.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'slipway-baseline-test-'));
  await mkdir(path.join(folder, 'service'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const postgres = {
  address: 'localhost:5432',
  user: 'postgres',
  password: { variable: 'SLIPWAY_SECRET_POSTGRES' },
  databases: ['shop_dev', 'shop_test'],
};
const script = (code: string): string[] => [process.execPath, '-e', code];
const passing = { name: 'test', command: ['true'] };

interface Situation {
  world?: World;
  ports?: Partial<Ports>;
  environment?: MockActivityEnvironment;
}

/** Makes the checks of a catalog's baseline in a folder that stands for the checkout. */
const checks = async (
  entry: object,
  { world = new World(), ports = {}, environment = new MockActivityEnvironment() }: Situation = {},
): Promise<Record<string, BaselineCheck>> => {
  const all = world.ports({} as never, {} as never);
  const checkout = async () => ({
    folder,
    mirror: null,
    installed: new Set<string>(),
    close: () => rm(folder, { recursive: true, force: true }),
  });
  const { checkBaseline } = createBaselineActivities({ ...all, sources: { ...all.sources, checkout }, ...ports });
  const report: Pick<BaselineReport, 'checks'> = await environment.run(checkBaseline, {
    repository: world.entry.repository,
    baseline: baseline.parse({ commands: [passing], ...entry }),
    commit: null,
    list: 'baseline' as const,
  });
  return Object.fromEntries(report.checks.map((check) => [check.name, check]));
};

describe('a baseline', () => {
  it('that holds has the expected lines, with the real port, in the order of the runbook', async () => {
    const contract = { name: 'contract', command: ['echo', 'the check passed'], prints: ['check passed'] };
    const found = await checks({ postgres, commands: [passing, contract] });
    expect(Object.keys(found)).toEqual(['postgres', 'databases', 'commit', 'test', 'contract']);
    expect(Object.values(found).map(({ verdict }) => verdict)).toEqual(Array(5).fill('pass'));
    expect(found['postgres']?.seen).toEqual(['localhost:5432 - accepting connections']);
    expect(found['databases']?.seen).toEqual(['shop_dev', 'shop_test']);
    expect(found['commit']?.reason).toBe(`${commits.good}: a commit`);
    expect(found['contract']?.seen).toEqual(['the check passed']);
    await expect(readdir(folder)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('runs nothing where the server does not respond, and says what to do', async () => {
    const world = new World();
    world.readiness = 'no response';
    const found = await checks({ postgres }, { world });
    expect(found['postgres']).toMatchObject({
      verdict: 'fail',
      reason: expect.stringMatching(/^localhost:5432 - no response/),
      next: expect.stringContaining('start PostgreSQL there'),
    });
    expect(found['test']).toMatchObject({
      verdict: 'inconclusive',
      made: false,
      reason: 'not run: postgres did not pass',
    });
    world.readiness = 'rejecting connections';
    expect((await checks({ postgres: { ...postgres, hint: 'ask the host' } }, { world }))['postgres']).toMatchObject({
      reason: expect.stringContaining('rejecting connections'),
      next: 'ask the host',
    });
  });

  it('names a database that is missing, and goes on: a command may create it', async () => {
    const world = new World();
    world.missingDatabases = ['shop_test'];
    const found = await checks({ postgres }, { world });
    expect(found['databases']).toMatchObject({ verdict: 'fail', reason: 'missing: shop_test', seen: ['shop_dev'] });
    expect(found['test']?.verdict).toBe('pass');
  });

  it('names the variable of a password that is not set, and credentials that are refused', async () => {
    const unset = await checks({ postgres }, { ports: { workerSecrets: { read: () => null } } });
    expect(unset['test']?.made).toBe(false);
    expect(unset['databases']).toMatchObject({
      verdict: 'inconclusive',
      next: expect.stringContaining('set SLIPWAY_SECRET_POSTGRES where the worker starts'),
    });
    const existing = async (): Promise<string[]> => {
      throw finalFailure('Denied', 'password authentication failed');
    };
    const databases = { readiness: async () => ({ readiness: 'accepting connections' as const, why: '' }), existing };
    const refused = await checks({ postgres }, { ports: { databases } });
    expect(refused['databases']).toMatchObject({
      verdict: 'inconclusive',
      reason: 'PostgreSQL at localhost:5432 refuses postgres: password authentication failed',
      next: expect.stringContaining('SLIPWAY_SECRET_POSTGRES'),
    });
  });

  it('says that the sources cannot be read, and runs nothing', async () => {
    const world = new World();
    const all = world.ports({} as never, {} as never);
    const head = async (): Promise<string> => {
      throw new Error('could not resolve host');
    };
    const found = await checks({}, { ports: { sources: { ...all.sources, head } } });
    expect(found['commit']).toMatchObject({ verdict: 'inconclusive', next: expect.stringContaining('git.example') });
    expect(found['test']?.made).toBe(false);
  });

  it('runs nothing of a commit that is not on the release branch', async () => {
    const world = new World();
    world.onBranch = false;
    const found = await checks({}, { world });
    expect(found['commit']).toMatchObject({ verdict: 'fail', next: 'give a commit of main' });
    expect(found['test']?.made).toBe(false);
  });
});

describe('a baseline in the catalog', () => {
  it.each([
    ['a name twice', { commands: [passing, passing] }, /test is the name of another check/],
    ['the name of a check of ours', { commands: [{ ...passing, name: 'commit' }] }, /commit is the name of another/],
    ['no server for {postgres}', { commands: [passing], variables: { URL: '{postgres}/x' } }, /postgres/],
    ['a password as it is', { commands: [passing], postgres: { ...postgres, password: 'secret' } }, /password/],
    ['a password in the address', { commands: [passing], postgres: { ...postgres, address: 'me:pw@h:1' } }, /address/],
  ])('with %s is refused', (_what, entry, problem) => {
    expect(() => baseline.parse(entry)).toThrow(problem);
  });
});

describe('a command of a baseline', () => {
  it.each<[string, object, string, string]>([
    ['that is not installed', { command: ['no-such-program'] }, 'could not be started', 'install no-such-program'],
    [
      'that fails',
      { command: script('console.log("why"); process.exit(3)') },
      'ended with 3',
      'its last lines say why',
    ],
    ['with a hint', { command: ['false'], hint: 'ask the owner' }, 'ended with 1', 'ask the owner'],
    ['that hangs', { command: ['sleep', '30'], timeoutSeconds: 1 }, 'did not end within 1 s', 'raise timeoutSeconds'],
    ['that is silent', { command: ['true'], prints: ['all well'] }, 'no line had "all well"', 'prints of test'],
    ['in a folder that is not there', { command: ['true'], directory: 'gone' }, 'has no folder gone', 'directory'],
    [
      'that succeeds only once',
      { command: ['mkdir', 'once'], idempotent: true },
      'the second run: mkdir once ended with 1',
      'its last lines say why',
    ],
  ])('%s fails, and the check says what to do', async (_what, command, reason, next) => {
    const { test } = await checks({ commands: [{ ...passing, ...command }] });
    expect(test).toMatchObject({
      verdict: 'fail',
      reason: expect.stringContaining(reason),
      next: expect.stringContaining(next),
    });
  });

  it('that must be idempotent runs twice, and what it prints the second time counts', async () => {
    const code =
      'const fs = require("fs"); console.log(fs.existsSync("ran") ? "nothing to do" : "made");' +
      'fs.writeFileSync("ran", "")';
    const entry = (prints: string) => ({
      commands: [{ ...passing, command: script(code), directory: 'service', idempotent: true, prints: [prints] }],
    });
    expect((await checks(entry('nothing to do')))['test']).toMatchObject({ verdict: 'pass', seen: ['nothing to do'] });
    await mkdir(path.join(folder, 'service'), { recursive: true });
    expect((await checks(entry('made')))['test']?.verdict).toBe('fail');
  });

  it('gets the address of the server, and its password stands in no output, heartbeat or report', async () => {
    const canary = 'can&ary/of-1';
    const environment = new MockActivityEnvironment();
    const beats: OutputTail[] = [];
    environment.on('heartbeat', (beat: OutputTail) => void beats.push(beat));
    const code =
      'console.log(process.env.URL); console.log(new URL(process.env.URL).password);' +
      'console.log(decodeURIComponent(new URL(process.env.URL).password)); setTimeout(() => process.exit(1), 1500)';
    const found = await checks(
      { postgres, variables: { URL: '{postgres}/shop_dev' }, commands: [{ ...passing, command: script(code) }] },
      { environment, ports: { workerSecrets: { read: () => canary } } },
    );
    expect(found['test']?.samples).toEqual([
      'postgres://postgres:[secret]@localhost:5432/shop_dev',
      '[secret]',
      '[secret]',
    ]);
    const last = beats.at(-1);
    expect(last?.check).toBe('test');
    expect(last?.lines).toEqual(expect.arrayContaining(['localhost:5432 - accepting connections', '[secret]']));
    for (const form of [canary, encodeURIComponent(canary)]) {
      expect(JSON.stringify([found, beats])).not.toContain(form);
      expect(JSON.stringify([found, beats])).not.toContain(Buffer.from(form).toString('base64'));
    }
  });

  it('that is cancelled leaves nothing behind', async () => {
    const pidFile = path.join(tmpdir(), `${path.basename(folder)}.pid`);
    const code = 'require("child_process").spawn("sleep", ["30"], { stdio: "inherit" }); setInterval(() => {}, 1000)';
    await writeFile(
      path.join(folder, 'run.js'),
      `require("fs").writeFileSync("${pidFile}", String(process.pid)); ${code}`,
    );
    const environment = new MockActivityEnvironment();
    const running = checks({ commands: [{ ...passing, command: [process.execPath, 'run.js'] }] }, { environment });
    running.catch(() => undefined);
    const begun = async () => Number(await readFile(pidFile, 'utf8').catch(() => '0')) || undefined;
    const pid = await eventually(() => 'the command never began', begun, 5_000);
    environment.cancel();
    await expect(running).rejects.toMatchObject({ name: 'CancelledFailure' });
    await rm(pidFile);
    await expect.poll(() => identify(pid), { timeout: 2_000 }).toBeUndefined();
    await expect(readdir(folder)).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
