import { mkdtemp, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { MockActivityEnvironment } from '@temporalio/testing';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createGateActivities, type GateReport } from '../../activities/gates/activities.ts';
import { openCheckout } from '../../activities/git/checkout.ts';
import type { CommandGate } from '../../contract/catalog/gates.ts';
import { commandGate } from '../../contract/catalog/gates.ts';
import { identify } from '../../sandbox/process-identity.ts';
import { World } from '../workflows/world.ts';

let folder: string;
let mirror: string;
const commits: Record<string, string> = {};

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'slipway-commands-'));
  const work = path.join(folder, 'work');
  mirror = path.join(folder, 'mirror');
  await mkdir(path.join(work, 'service'), { recursive: true });
  const git = (...args: string[]) =>
    execa('git', ['-C', work, '-c', 'user.name=t', '-c', 'user.email=t@example.com', ...args]);
  await git('init', '--quiet', '-b', 'main');
  for (const [name, exit] of [
    ['good', 0],
    ['bad', 3],
  ] as const) {
    await writeFile(
      path.join(work, 'service', 'check.js'),
      `console.log('checking ${name}');\nconsole.error('on stderr');\nprocess.exitCode = ${exit};\n`,
    );
    await git('add', '.');
    await git('commit', '--quiet', '-m', name);
    commits[name] = (await git('rev-parse', 'HEAD')).stdout;
  }
  await execa('git', ['clone', '--quiet', '--bare', work, mirror]);
});
afterAll(() => rm(folder, { recursive: true }));

const opened: string[] = [];
let onBranch = true;
const sources = {
  ...new World().ports({} as never, {} as never).sources,
  commit: async () => ({ found: true, onBranch, subject: 'a commit' }),
  checkout: async (_repository: unknown, commit: string) => {
    const checkout = await openCheckout(mirror, commit);
    opened.push(checkout.folder);
    return checkout;
  },
};

const run = (commit: string, gates: object[], environment = new MockActivityEnvironment()): Promise<GateReport> => {
  const world = new World();
  const { runCommands } = createGateActivities({ ...world.ports({} as never, {} as never), sources });
  const parsed: CommandGate[] = gates.map((gate) =>
    commandGate.parse({ kind: 'command', name: 'check', directory: 'service', ...gate }),
  );
  return environment.run(runCommands, {
    entry: world.entry,
    commit: commits[commit] ?? commit,
    change: 'c1',
    gates: parsed,
  });
};

describe('a command gate', () => {
  it('runs a program in a clean checkout, which all of a list share and which is gone afterwards', async () => {
    opened.length = 0;
    const { verdict, gates } = await run('good', [
      { command: ['node', 'check.js'] },
      { name: 'left', command: ['node', '-e', 'require("fs").writeFileSync("left", "")'] },
      { name: 'there', command: ['test', '-f', 'left'] },
    ]);
    expect(gates.map((gate) => [gate.name, gate.verdict])).toEqual([
      ['check', 'pass'],
      ['left', 'pass'],
      ['there', 'pass'],
    ]);
    expect(verdict).toBe('pass');
    expect(gates[0]).toMatchObject({
      reason: expect.stringMatching(/^node check\.js ended with 0 after \d/),
      samples: expect.arrayContaining(['checking good', 'on stderr']),
    });
    expect(opened).toHaveLength(1);
    await expect(readdir(opened[0] ?? '')).rejects.toMatchObject({ code: 'ENOENT' });
    expect((await run('good', [{ command: ['test', '-f', 'left'] }])).verdict).toBe('fail');
  });

  it('fails with the exit code and the end of the output', async () => {
    expect(await run('bad', [{ command: ['node', 'check.js'] }])).toMatchObject({
      verdict: 'fail',
      gates: [{ reason: expect.stringContaining('ended with 3'), samples: expect.arrayContaining(['checking bad']) }],
    });
  });

  it('fails when it does not end in time, and what it started is gone, too', async () => {
    const script =
      'console.log("sleeper", require("child_process").spawn("sleep", ["30"]).pid); setInterval(() => {}, 1000)';
    const began = Date.now();
    const { verdict, gates } = await run('good', [{ command: ['node', '-e', script], timeoutSeconds: 1 }]);
    expect(verdict).toBe('fail');
    expect(gates[0]?.reason).toContain('did not end within 1 s');
    expect(Date.now() - began).toBeLessThan(10_000);
    const sleeper = Number(/sleeper (\d+)/.exec(gates[0]?.samples.join() ?? '')?.[1]);
    expect(sleeper).toBeGreaterThan(0);
    await expect.poll(() => identify(sleeper), { timeout: 2_000 }).toBeUndefined();
  });

  it('is inconclusive when it cannot be started, or when its packages cannot be had', async () => {
    expect(await run('good', [{ command: ['no-such-program'] }])).toMatchObject({
      verdict: 'inconclusive',
      gates: [{ reason: expect.stringContaining('could not be started') }],
    });
    expect(await run('good', [{ command: ['node', 'check.js'], install: true }])).toMatchObject({
      verdict: 'inconclusive',
      gates: [{ reason: expect.stringContaining('npm ci ended with 1') }],
    });
  });

  it('gets no credentials of the worker, and no shell', async () => {
    process.env['SLIPWAY_TEST_CREDENTIAL'] = 'canary';
    const script =
      'const { PATH, CI, GREETING, SLIPWAY_TEST_CREDENTIAL } = process.env;' +
      'console.log(JSON.stringify([PATH !== undefined, CI, GREETING, SLIPWAY_TEST_CREDENTIAL, process.argv[1]]))';
    const { gates } = await run('good', [
      { command: ['node', '-e', script, '$(id) `id`'], variables: { GREETING: 'hello' } },
    ]);
    delete process.env['SLIPWAY_TEST_CREDENTIAL'];
    expect(JSON.parse(gates[0]?.samples.at(-1) ?? '')).toEqual([true, 'true', 'hello', null, '$(id) `id`']);
  });

  it('keeps the end of a long output, without control characters', async () => {
    const { gates } = await run('good', [
      {
        command: [
          'node',
          '-e',
          'for (let i = 0; i < 50000; i++) console.log("line " + i); console.log("\\x1b[2J\\x1b[31mred\\x07")',
        ],
      },
    ]);
    expect(gates[0]?.samples.at(-1)).toBe('red');
    expect(gates[0]?.samples.at(-2)).toBe('line 49999');
  });

  it('is inconclusive for a commit that is not on the release branch, and runs nothing of it', async () => {
    opened.length = 0;
    onBranch = false;
    const { gates } = await run('good', [{ command: ['node', 'check.js'], install: true }]);
    onBranch = true;
    expect(gates[0]).toMatchObject({
      verdict: 'inconclusive',
      reason: expect.stringMatching(/commit \w+ is not on the release branch main, so none of its programs is run/),
    });
    expect(opened).toEqual([]);
  });

  it('stops when the change is given up', async () => {
    const environment = new MockActivityEnvironment();
    const running = run('good', [{ command: ['sleep', '30'] }], environment);
    setTimeout(() => environment.cancel(), 300);
    const began = Date.now();
    await expect(running).rejects.toMatchObject({ name: 'CancelledFailure' });
    expect(Date.now() - began).toBeLessThan(5_000);
  });
});
