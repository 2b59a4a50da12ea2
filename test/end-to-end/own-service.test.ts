import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { spawnSlipway } from '../client/run-slipway.ts';
import { TestSandbox } from './sandbox.ts';

let sandbox: TestSandbox;
/** A repository as a person has it, with a service of their own. */
let folder: string;

const git = async (...args: string[]): Promise<string> => {
  const person = ['-c', 'user.name=n', '-c', 'user.email=developer@example.com'];
  return (await execa('git', ['-C', folder, ...person, ...args])).stdout;
};

/** Commits files of the service; answers the commit. */
const commit = async (files: Record<string, string>): Promise<string> => {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(folder, name)), { recursive: true });
    await writeFile(path.join(folder, name), text);
  }
  await git('add', '--all');
  await git('commit', '--quiet', '--message', Object.keys(files).join(', '));
  return git('rev-parse', 'HEAD');
};

const program = (status: number): string => `
  require('node:http').createServer((request, response) => {
    response.writeHead(request.url === '/health' ? ${status} : 404).end(process.env.BUILD_SHA);
  }).listen(process.env.PORT);
`;
const migrate = `
  const { Client } = require('pg');
  const client = new Client({ connectionString: process.env.DATABASE_URL });
  client.connect()
    .then(() => client.query(require('node:fs').readFileSync('migrations/1_orders.sql', 'utf8')))
    .finally(() => client.end());
`;

const slipway = (...words: string[]) =>
  spawnSlipway(words, {
    SLIPWAY_SANDBOX_DIR: sandbox.description.dir,
    SLIPWAY_CATALOG: sandbox.catalogFolder,
    SLIPWAY_USER: 'developer@example.com',
  });

/** Runs the three commands that `sandbox add` says; answers what the last one, `watch`, printed. */
const release = async (commands: string[]): Promise<string> => {
  const [deploy = [], approve = [], watch = []] = commands.map((line) => line.split(' ').slice(1));
  const started = await slipway(...deploy, '--json');
  expect(started).toMatchObject({ exitCode: 0 });
  const { workflowId } = JSON.parse(started.stdout) as { workflowId: string };
  await sandbox.runs.until(sandbox.runs.get(workflowId), ({ waitingFor }) => waitingFor?.kind === 'approval');
  expect(await slipway(...approve)).toMatchObject({ exitCode: 0 });
  return (await slipway(...watch)).stdout;
};

interface Added {
  file: string;
  commit: string;
  commands: string[];
}
const add = async (...words: string[]): Promise<Added> => {
  const { stdout } = await slipway('sandbox', 'add', folder, '--name', 'shop', ...words, '--json');
  return JSON.parse(stdout) as Added;
};

const serving = async (): Promise<string> => {
  const service = await sandbox.platform.service('shop');
  return (await fetch(new URL('/health', service.uri ?? ''))).text();
};

describe('a service of your own in the sandbox', () => {
  let first: string;

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'slipway-own-'));
    await git('init', '--quiet', '--initial-branch=trunk');
    sandbox = await TestSandbox.open();
    await sandbox.worker();
  }, 120_000);
  afterAll(async () => {
    await sandbox.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('needs a commit, a process web, and a command for its migrations', async () => {
    const empty = await slipway('sandbox', 'add', folder, '--name', 'shop');
    expect(empty).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('is on no branch with a commit') });
    await commit({ 'migrations/1_orders.sql': '-- slipway: compatible\nCREATE TABLE orders (id int);\n' });
    const { exitCode, stderr } = await slipway('sandbox', 'add', folder, '--name', 'shop');
    expect(exitCode).toBe(2);
    expect(stderr).toContain('migrate: must be given: the command that runs the migrations of migrations');
    expect(stderr).toContain('Procfile: must have a process web on branch trunk');
    const sample = await slipway('sandbox', 'add', folder, '--name', 'agento');
    expect(sample).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('is a sample service') });
  });

  it('is released by the commands that it says, with a database that it has migrated', async () => {
    first = await commit({ Procfile: 'web: node server.js\n', 'server.js': program(200), 'migrate.js': migrate });
    const { commands, ...added } = await add('--migrate', 'node migrate.js');
    expect(added.commit).toBe(first);
    expect(await slipway('catalog', 'check')).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('shop') });
    expect(await release(commands)).toContain(`done released commit ${first.slice(0, 12)}`);
    expect(await serving()).toBe(first);
    const url = new URL(sandbox.description.postgres?.url ?? '');
    url.pathname = '/shop';
    const client = new pg.Client({ connectionString: url.href });
    await client.connect();
    expect((await client.query('SELECT count(*)::int AS count FROM orders')).rows).toEqual([{ count: 0 }]);
    await client.end();
  });

  it('brings new commits by a further call, and leaves the catalog file alone; a bad one is taken back', async () => {
    const bad = await commit({ 'server.js': program(500) });
    const { file, commands, ...added } = await add();
    expect(added.commit).toBe(bad);
    await writeFile(file, `${await readFile(file, 'utf8')}# a word of mine\n`);
    await writeFile(path.join(folder, 'server.js'), program(200));
    const again = await slipway('sandbox', 'add', folder, '--name', 'shop');
    expect(again).toMatchObject({ exitCode: 0, stderr: expect.stringContaining('has changes that are in no commit') });
    expect(await readFile(file, 'utf8')).toContain('# a word of mine');
    expect(await release(commands)).toContain('RolledBack');
    expect(await serving()).toBe(first);
  });

  it('does not take the place of a service of another world', async () => {
    const file = path.join(sandbox.catalogFolder, 'shop.yaml');
    await writeFile(file, (await readFile(file, 'utf8')).replace('${SLIPWAY_SANDBOX_HTTP}', 'https://git.example.com'));
    const { exitCode, stderr } = await slipway('sandbox', 'add', folder, '--name', 'shop');
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('not of the sandbox') });
  });
});
