import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { readRepository } from '../../catalog/draft/repository.ts';
import type { Prompt } from '../../client/requests/ask.ts';
import { askForDraft } from '../../client/requests/ask-for-draft.ts';
import { runSlipway } from './run-slipway.ts';

let folder: string;
let catalog: string;

const git = (...args: string[]) => execa('git', ['-C', folder, '-c', 'user.name=n', '-c', 'user.email=n@n', ...args]);

/** A service in Python as a person has it, with migrations that no Procfile runs. */
beforeEach(async () => {
  const temporary = await mkdtemp(path.join(tmpdir(), 'slipway-new-'));
  folder = path.join(temporary, 'shop');
  catalog = path.join(temporary, 'catalog');
  await mkdir(path.join(folder, 'alembic', 'versions'), { recursive: true });
  await writeFile(path.join(folder, 'Dockerfile'), 'FROM python\n');
  await writeFile(path.join(folder, 'app.py'), 'if path in ("/healthz", "/ping"): pass\n');
  await writeFile(path.join(folder, 'alembic', 'versions', '1a_orders.py'), '');
  await git('init', '--quiet', '--initial-branch=trunk');
  await git('remote', 'add', 'origin', 'https://git.example.com/example/shop.git');
  await git('add', '--all');
  await git('commit', '--quiet', '--message', 'first');
});
afterEach(() => rm(path.dirname(folder), { recursive: true, force: true }));

const slipway = (...words: string[]) => runSlipway(['catalog', ...words], { SLIPWAY_CATALOG: catalog });
const needed = ['--project', 'example-project', '--approvers', 'release-owner@example.com, deputy@example.com'];

describe('./slipway catalog new', () => {
  it('writes what it finds into a file that the check accepts, and says what to do next', async () => {
    const { exitCode, stdout } = await slipway('new', folder, ...needed);
    expect({ exitCode, stdout }).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining('docs/your-own-service.md'),
    });
    expect(stdout).toContain(
      './slipway deploy shop --environment production --commit trunk --by ann@example.com --dry-run',
    );
    expect(await slipway('check')).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('shop') });
    const file = parse(await readFile(path.join(catalog, 'shop.yaml'), 'utf8')) as Record<string, any>;
    expect(file).toMatchObject({
      repository: { url: 'https://git.example.com/example/shop.git', branch: 'trunk' },
      build: { steps: [{ name: 'gcr.io/cloud-builders/docker' }] },
      owners: { 'release-owner': ['release-owner@example.com', 'deputy@example.com'], developer: ['ann@example.com'] },
      environments: {
        production: {
          migration: { directory: 'alembic/versions', layout: 'alembic', command: ['python3'] },
          smoke: [{ path: '/ping' }],
        },
      },
    });
  });

  it('never overwrites a file, whether it describes the service or not', async () => {
    await slipway('new', folder, ...needed);
    const file = path.join(catalog, 'shop.yaml');
    await writeFile(file, (await readFile(file, 'utf8')).replace('service: shop', 'service: other'));
    const before = await readFile(file, 'utf8');
    expect(await slipway('new', folder, ...needed)).toMatchObject({
      exitCode: 4,
      stderr: expect.stringContaining('shop.yaml is there already; nothing was written'),
    });
    expect(await slipway('new', folder, ...needed, '--service', 'other')).toMatchObject({
      exitCode: 4,
      stderr: expect.stringContaining('other is described in'),
    });
    expect(await readFile(file, 'utf8')).toBe(before);
  });

  it('lists everything that is missing or wrong where nobody can be asked, and writes nothing', async () => {
    const { exitCode, stderr } = await slipway('new', folder, '--url', 'shop', '--migrations', 'sql');
    expect(exitCode).toBe(2);
    for (const problem of [
      'url: must be',
      'project: must be given',
      'approvers: must be given',
      'migrate: must be given',
    ])
      expect(stderr).toContain(problem);
    expect((await slipway('new', folder, ...needed, '--layout', 'albemic')).stderr).toContain('must be one of sql');
    expect(await readFile(path.join(catalog, 'shop.yaml')).catch(() => 'none')).toBe('none');
  });

  it('asks for what no flag says, with what was found as the answer', async () => {
    const asked: string[] = [];
    const person: Prompt = async ({ message, usual }) => {
      asked.push(message);
      return message.startsWith('command') ? 'alembic upgrade head' : (usual ?? 'example-project');
    };
    const found = { folder, facts: await readRepository(folder, 'HEAD'), person: undefined };
    const flags = {
      approvers: 'release-owner@example.com',
      developers: 'developer@example.com',
      region: 'europe-west1',
    };
    expect(await askForDraft(found, flags, person)).toMatchObject({
      service: 'shop',
      project: 'example-project',
      region: 'europe-west1',
      migration: { layout: 'alembic', command: ['alembic'], args: ['upgrade', 'head'] },
    });
    expect(asked).not.toContain('region');
    await expect(askForDraft(found, {}, async () => null)).rejects.toMatchObject({ message: 'nothing was written' });
  });
});
