import { execa } from 'execa';
import { mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { openedForFile } from '../opened-for-file.ts';
import type { CatalogText } from './estate.ts';
import { deputy, developer, owner } from './runs.ts';
import { openPeople, openSandbox } from './stage.ts';

const pack = path.join(import.meta.dirname, '..', '..', 'client', 'package', 'pack.ts');
const maxBytes = 40 * 1024 * 1024;

const people = openPeople(owner, deputy, developer);
const sandbox = openSandbox();
/** An empty folder in which the package is installed, and nothing else. */
const installed = openedForFile(
  async () => {
    const { stdout } = await execa(process.execPath, ['--disable-warning=ExperimentalWarning', pack]);
    const folder = await mkdtemp(path.join(tmpdir(), 'installed-client-'));
    await execa('npm', ['install', '--silent', '--offline', '--prefix', folder, stdout.trim()], { cwd: folder });
    return { folder };
  },
  async () => undefined,
);

/** The command line as a pipeline has it: no repository, no catalog, no sandbox, an address. */
const slipway = async (...words: string[]) =>
  execa(path.join(installed.folder, 'node_modules', '.bin', 'slipway'), words, {
    cwd: installed.folder,
    reject: false,
    extendEnv: false,
    env: {
      PATH: `${path.dirname(process.execPath)}:/usr/bin:/bin`,
      HOME: installed.folder,
      TEMPORAL_ADDRESS: sandbox.description.temporal?.address ?? '',
      TEMPORAL_CONFIG_FILE: '/nonexistent',
    },
  });

describe('the installed client', () => {
  it('is one small package, with the commands that need a server alone, called by its own name', async () => {
    const packages = (await readdir(path.join(installed.folder, 'node_modules'))).filter((name) => name[0] !== '.');
    expect(packages).toEqual(['slipway-client']);
    const { stdout: size } = await execa('du', ['-sb', path.join(installed.folder, 'node_modules')]);
    expect(Number.parseInt(size, 10)).toBeLessThan(maxBytes);
    const { version } = JSON.parse(
      await readFile(path.join(import.meta.dirname, '..', '..', 'package.json'), 'utf8'),
    ) as { version: string };
    expect((await slipway('--version')).stdout).toBe(`slipway ${version}`);
    const help = await slipway('deploy', '--help');
    expect(help.stdout).toContain('Examples:\n  slipway deploy ');
    expect(await slipway('sandbox', 'up')).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining("unknown command 'sandbox'"),
    });
    // Nor does a shell offer it.
    expect((await slipway('completion', 'words', '--', 'san')).stdout).toBe('');
    expect((await slipway('completion', 'words', '--', 'depl')).stdout).toContain('deploy\t');
    // Every chunk can be loaded: no command misses a file.
    for (const command of ['approve', 'watch', 'evidence', 'incident', 'catalog', 'board'])
      expect(await slipway(command, '--help')).toMatchObject({ exitCode: 0 });
    const script = path.join(installed.folder, 'node_modules', 'slipway-client', 'client', 'board', 'page.js');
    expect(await readFile(script, 'utf8')).toContain("fetch('/board'");
  });

  it('releases, approves with a key, shows and follows, against a sandbox elsewhere', async () => {
    const estate = await sandbox.estate({ name: 'from-elsewhere' });
    const file = path.join(sandbox.catalogFolder, `${estate.name}.yaml`);
    const catalog = parse(await readFile(file, 'utf8')) as CatalogText;
    const approvals = { required: [{ role: 'release-owner' }], identity: 'signed' as const };
    Object.assign(catalog, { signers: people.signers });
    Object.assign(catalog.environments['production'] ?? {}, { approvals });
    await writeFile(file, stringify(catalog, { aliasDuplicateObjects: false }));
    const started = await slipway(
      ...['deploy', estate.name, '--environment', 'production', '--commit', estate.commit('good')],
      ...['--by', developer, '--key', people.key(developer), '--json'],
    );
    expect(started.exitCode, started.stderr).toBe(0);
    const { workflowId } = JSON.parse(started.stdout) as { workflowId: string };
    const approved = await slipway('approve', workflowId, '--by', owner, '--key', people.key(owner), '--yes');
    expect(approved.stdout, approved.stderr).toContain('all approvals are given');
    const watched = await slipway('watch', workflowId);
    expect(watched.exitCode, watched.stderr).toBe(0);
    expect(watched.stdout).toContain('done released');
    const status = await slipway('status', estate.name, '--environment', 'production', '--json');
    expect(JSON.parse(status.stdout)).toMatchObject({ workflowId, execution: 'COMPLETED' });
    const board = await slipway('board', '--json');
    expect(JSON.parse(board.stdout)).toMatchObject({
      places: [{ service: estate.name, platform: { answer: { serving: [{ commit: estate.commit('good') }] } } }],
      past: [{ service: estate.name, word: 'completed' }],
    });
  });

  it('says what it leaves out', async () => {
    const { exitCode, stderr } = await slipway('evidence', 'c1', '--bucket', 'gs://bucket/evidence');
    expect(exitCode).toBe(1);
    expect(stderr).toContain('this command needs @google-cloud/storage, which this package leaves out');
    expect(stderr).toContain('npm install @google-cloud/storage');
  });
});
