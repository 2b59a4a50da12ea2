import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { commandsWith } from '../commands-with.ts';
import type { BaselineCheck, BaselineReport } from '../../contract/baseline.ts';
import type { baseline } from '../../contract/catalog/baseline.ts';
import { taskQueue } from '../../contract/ids.ts';
import { eventually } from '../until.ts';
import { TestSandbox } from './sandbox.ts';

const projectFolder = path.join(import.meta.dirname, '..', '..');
const commandLine = path.join(projectFolder, 'client', 'main.ts');
const databases = ['openagents_runtime_dev', 'openagents_runtime_test'];
/** A command that goes on until it is stopped, and says what it is. */
/** Found among the processes of the machine: a confined program has process ids of its own. */
const mark = `baseline-${process.pid}`;
const lasting = ['node', '-e', 'console.log("begun"); setInterval(() => {}, 1000)', mark];

let sandbox: TestSandbox;
let address: string;

type Baseline = ReturnType<typeof baseline.parse>;
type Damage = (entry: Baseline & { postgres: NonNullable<Baseline['postgres']> }) => void;

/** Catalog files that differ from the sample's in what is broken, one service each, with no command but that. */
const broken: Record<string, Damage> = {
  'wrong-port': ({ postgres }) => void (postgres.address = '127.0.0.1:1'),
  'no-database': ({ postgres }) => void postgres.databases.push('not_there'),
  'no-password': ({ postgres }) => void (postgres.password = { variable: 'SLIPWAY_SECRET_NOT_SET' }),
  'unknown-user': ({ postgres }) => void (postgres.user = 'stranger'),
  'no-repository': () => undefined,
  'no-program': (entry) => onlyCommand(entry, { name: 'create', command: ['mix', 'ecto.create'] }),
  'no-tests': (entry) => onlyCommand(entry, { name: 'test', command: ['node', '--test', 'gone.js'] }),
  'wrong-contract': (entry) =>
    onlyCommand(entry, { name: 'contract', command: ['npm', 'run', 'contract:check'], prints: ['check agreed'] }),
  'takes-long': (entry) => onlyCommand(entry, { name: 'test', command: lasting }),
};

beforeAll(async () => {
  sandbox = await TestSandbox.open();
  address = new URL(sandbox.description.postgres?.url ?? '').host;
  const sample = await readFile(path.join(projectFolder, 'catalog', 'openagents-runtime.yaml'), 'utf8');
  await writeFile(path.join(sandbox.catalogFolder, 'openagents-runtime.yaml'), sample);
  for (const [service, damage] of Object.entries(broken)) {
    const file = parse(sample, { merge: true }) as Record<string, any>;
    file['service'] = service;
    if (service === 'no-repository') file['repository'].url = 'http://127.0.0.1:1/gone.git';
    onlyCommand(file['baseline'], { name: 'nothing', command: ['true'] });
    damage(file['baseline']);
    await writeFile(path.join(sandbox.catalogFolder, `${service}.yaml`), stringify(file));
  }
  await sandbox.worker();
}, 120_000);
afterAll(() => sandbox.close());

describe('the baseline of the sample', () => {
  it('names databases that are missing, and makes them', async () => {
    const { code, stdout } = await slipway('baseline', 'openagents-runtime').ended;
    expect(stdout).toMatch(/✗ databases .* missing: openagents_runtime_dev, openagents_runtime_test/);
    expect(stdout).toContain('The database openagents_runtime_dev has been created');
    expect(code).toBe(1);
  });

  it('has the lines of the runbook with the real port, and a table at the end', async () => {
    const { code, stdout } = await slipway('baseline', 'openagents-runtime').ended;
    for (const line of [`${address} - accepting connections`, ...databases, 'runtime contract check passed'])
      expect(stdout).toMatch(new RegExp(`^ +${line}$|✓ .* ${line}$`, 'm'));
    expect(stdout).toContain('  $ node scripts/create-databases.js\n');
    expect(stdout).toMatch(/✓ migrate +\d.* s +.*migrations: nothing is pending/);
    expect(stdout).toContain('done baseline of openagents-runtime: all 7 checks passed');
    expect(stdout).not.toContain(new URL(sandbox.description.postgres?.url ?? '').password);
    expect(code).toBe(0);
  });

  it('runs the validation commands in the same way, and has one JSON value with --json', async () => {
    const { code, stdout } = await slipway('baseline', 'openagents-runtime', '--validation', '--json').ended;
    const { type, result } = JSON.parse(stdout) as { type: string; result: BaselineReport };
    expect({ code, type, list: result.list }).toEqual({ code: 0, type: 'Completed', list: 'validation' });
    expect(result.checks.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['postgres', 'ci', 'jobs-assets', 'network-policy-assets', 'smoke']),
    );
  });

  it.each<[service: string, check: string, reason: RegExp, next: RegExp]>([
    ['wrong-port', 'postgres', /^127\.0\.0\.1:1 - no response: .*ECONNREFUSED/, /sandbox up starts it/],
    ['no-database', 'databases', /^missing: not_there$/, /run this again/],
    ['no-password', 'databases', /no variable SLIPWAY_SECRET_NOT_SET/, /set SLIPWAY_SECRET_NOT_SET/],
    ['unknown-user', 'databases', /refuses stranger: .*authentication failed/, /baseline\.postgres\.user/],
    ['no-repository', 'commit', /nobody could look/, /the worker can read http:\/\/127\.0\.0\.1:1/],
    ['no-program', 'create', /mix ecto\.create could not be started/, /^install mix/],
    ['no-tests', 'test', /node --test gone\.js ended with 1/, /last lines say why/],
    ['wrong-contract', 'contract', /no line had "check agreed"/, /prints of contract/],
  ])('of a machine with %s fails at %s, and says what to do', async (service, name, reason, next) => {
    const workflowId = `baseline-${service}`;
    const run = await sandbox.runs.client.workflow.start('baseline', {
      taskQueue,
      workflowId,
      args: [{ service }],
    });
    const { cause } = (await run.result().catch((error: unknown) => error)) as {
      cause: { type: string; details: [BaselineReport] };
    };
    expect(cause.type).toBe('Unhealthy');
    const off = cause.details[0].checks.find(({ made, verdict }) => made && verdict !== 'pass') as BaselineCheck;
    expect(off).toMatchObject({
      name,
      reason: expect.stringMatching(reason),
      next: expect.stringMatching(next),
    });
  });

  it('leaves nothing behind at Ctrl-C', async () => {
    const running = slipway('baseline', 'takes-long');
    await eventually('the command never began', async () => running.said().includes('begun'));
    expect(await commandsWith(mark)).not.toEqual([]);
    running.interrupt();
    const { code, stdout } = await running.ended;
    expect(stdout).toContain('cancelled: nothing that it had started is left');
    expect(code).toBe(130);
    expect(await commandsWith(mark)).toEqual([]);
  });
});

function onlyCommand(entry: Baseline, command: Partial<Baseline['commands'][number]>): void {
  entry.commands = [command as Baseline['commands'][number]];
}

/** Starts the command line as a process that can be interrupted. */
function slipway(...words: string[]) {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', commandLine, ...words], {
    env: {
      PATH: process.env['PATH'],
      SLIPWAY_SANDBOX_DIR: sandbox.description.dir,
      SLIPWAY_CATALOG: sandbox.catalogFolder,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const ended = Promise.all([once(child, 'exit'), text(child.stdout)]).then(([[code], stdout]) => ({
    code: code as number | null,
    stdout,
  }));
  return { ended, said: () => output, interrupt: () => child.kill('SIGINT') };
}
