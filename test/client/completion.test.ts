import { spawnSync } from 'node:child_process';
import { chmod, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { completionOf, type LookUp } from '../../client/cli/completion.ts';
import { completionScript, shells, type Shell } from '../../client/cli/completion-scripts.ts';
import { buildOutline } from '../../client/cli/program.ts';
import { commands } from '../../client/commands/index.ts';
import { standInVariables } from '../../sandbox/people.ts';
import { runSlipway } from './run-slipway.ts';

const project = path.join(import.meta.dirname, '..', '..');
const withCatalog = { ...standInVariables, SLIPWAY_CATALOG: path.join(project, 'catalog') };

describe('a command line that is being typed', () => {
  const known = { services: ['agento', 'oneiric'], environments: ['staging', 'production'], runs: ['deploy-1'] };
  const lookUp: LookUp = async (kind, { service }) =>
    kind === 'environments' && service === 'oneiric' ? ['edge'] : known[kind];
  const offered = async (...words: string[]) => {
    const found = await completionOf(buildOutline(commands), words, lookUp);
    return typeof found === 'string' ? found : found.map(({ value }) => value);
  };

  it.each<[words: string[], offered: string[] | 'files' | 'folders']>([
    [['depl'], ['deploy']],
    [['help', 'depl'], ['deploy']],
    [['sandbox', 'fa'], ['fault']],
    [
      ['sandbox', 'fault', ''],
      ['add', 'list', 'clear'],
    ],
    [
      ['deploy', ''],
      ['agento', 'oneiric'],
    ],
    [['deploy', 'agento', ''], []],
    [['deploy', 'agento', '--env'], ['--environment']],
    [['deploy', 'agento', '--wat'], ['--watch']],
    [['deploy', 'agento', '--watch', '--wa'], ['--wait']],
    [['deploy', 'agento', '-w', '--wat'], []],
    [['deploy', 'agento', '--environment', 'p'], ['production']],
    [['deploy', 'agento', '-e', 'p'], ['production']],
    [['deploy', 'oneiric', '--environment', ''], ['edge']],
    [['deploy', 'agento', '--environment=p'], ['--environment=production']],
    [['deploy', 'agento', '--environment', '=', 'p'], ['production']],
    [
      ['deploy', 'agento', '--environment', '='],
      ['staging', 'production'],
    ],
    [['deploy', 'agento', '--environment', '=', 'production', '--wat'], ['--watch']],
    [['deploy', 'agento', '--reason', ''], []],
    [['deploy', 'agento', '--key', ''], 'files'],
    [['deploy', 'agento', '--catalog=x'], 'folders'],
    [['status', ''], ['deploy-1']],
    [['status', 'deploy-1', '-o', 'y'], ['yaml']],
    [['decide', 'deploy-1', '--action', 're'], ['retry']],
    [
      ['incident', 'classify', 'x', '--severity', ''],
      ['SEV-1', 'SEV-2', 'SEV-3'],
    ],
    [['environment', 'show', 'agento', 'st'], ['staging']],
    [['nothing', ''], []],
  ])('%j goes on with %j', async (words, expected) => {
    const found = await offered(...words);
    if (words.join(' ') === 'nothing ') expect(found).toContain('deploy');
    else expect(found).toEqual(expected);
  });

  it('says what commands and flags mean', async () => {
    expect(await completionOf(buildOutline(commands), ['depl'], lookUp)).toEqual([
      { value: 'deploy', description: 'bring a commit or an image into one environment' },
    ]);
  });

  it('has the names of the catalog, and none where there is no catalog and no Temporal', async () => {
    const words = ['completion', 'words', '--', 'deploy', 'agento', '--environment', ''];
    expect((await runSlipway(words, withCatalog)).stdout).toBe('staging\t\nproduction\t');
    expect(await runSlipway(words)).toEqual({ exitCode: 0, stdout: '', stderr: '' });
    expect(await runSlipway(['completion', 'words', '--', 'status', ''])).toMatchObject({ exitCode: 0, stdout: '' });
  });

  it('is not completed in a shell that there is no script for', async () => {
    expect(await runSlipway(['completion', 'tcsh'])).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('shell: must be one of bash, zsh, fish'),
    });
  });
});

describe('the script of', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "slipway's completion-"));
    // Stands in for the launcher, which may install what is missing.
    const program = path.join(folder, 'slipway');
    await writeFile(program, `#!/bin/sh\nexec '${process.execPath}' '${path.join(project, 'client/main.ts')}' "$@"\n`);
    await chmod(program, 0o755);
    for (const shell of shells) await writeFile(path.join(folder, shell), completionScript(shell, program));
    await writeFile(path.join(folder, 'a file'), '');
  });
  afterAll(async () => rm(folder, { recursive: true }));

  const isThere = (shell: string) => spawnSync(shell, ['-c', 'true']).status === 0;
  const run = async (shell: Shell, args: string[]): Promise<string> =>
    (await execa(shell, args, { cwd: folder, env: { ...withCatalog, FOLDER: folder } })).stdout;

  /** Calls the function that bash calls at a tab, as bash does, and answers what it offers. */
  const inBash = async (...words: string[]): Promise<string[]> => {
    const atTab = [
      'source "$FOLDER/bash"',
      'complete -p slipway >/dev/null || exit 9',
      'COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))',
      '_slipway slipway "${COMP_WORDS[COMP_CWORD]}"',
      'printf "%s\\n" "${COMPREPLY[@]}"',
    ].join('; ');
    return (await run('bash', ['--norc', '-c', atTab, 'bash', ...words])).split('\n');
  };

  it('bash offers commands, flags, names and files', async () => {
    expect(await inBash('./slipway', 'depl')).toEqual(['deploy']);
    expect(await inBash('slipway', 'sandbox', 'fault', '')).toEqual(['add', 'list', 'clear']);
    expect(await inBash('slipway', 'deploy', 'agento', '--environment', 'p')).toEqual(['production']);
    expect(await inBash('slipway', 'deploy', 'agento', '--environment', '=', '')).toEqual(['staging', 'production']);
    expect(await inBash('slipway', 'deploy', 'agento', '--key', 'a f')).toEqual(['a file']);
    expect(await inBash('slipway', 'deploy', 'agento', '--reason', 'x')).toEqual(['']);
  });

  it('bash runs nothing of what was typed', async () => {
    const typed = ['slipway', 'deploy', '$(touch evil)', '--reason', '`touch evil`; touch evil', '--wat'];
    expect(await inBash(...typed)).toEqual(['--watch']);
    expect(await readdir(folder)).not.toContain('evil');
  });

  it.skipIf(!isThere('fish'))('fish offers them with what they mean', async () => {
    const complete = async (line: string) =>
      (await run('fish', ['--no-config', '-c', 'source "$FOLDER/fish"; complete -C $argv[1]', line])).split('\n');
    expect(await complete('slipway depl')).toEqual(['deploy\tbring a commit or an image into one environment']);
    expect(await complete('./slipway deploy agento --environment p')).toEqual(['production']);
    expect(await complete('slipway deploy agento --environment=p')).toEqual(['--environment=production']);
    expect(await complete('slipway deploy agento --key ba')).toEqual(['bash']);
  });

  it.skipIf(!isThere('zsh'))('zsh completes at a tab', async () => {
    const atTab = [
      'zmodload zsh/zpty',
      'zpty -b shell zsh -f -i',
      'zpty -w shell \'PS1=; autoload -Uz compinit; compinit -u -D; source "$FOLDER/zsh"; print READ""Y\'',
      "zpty -r shell out '*READY*'",
      'zpty -w -n shell "$1"$\'\\t\'',
      'zpty -r shell out "*$2*" && print found',
    ].join('\n');
    const complete = async (line: string, found: string) => run('zsh', ['-f', '-c', atTab, 'zsh', line, found]);
    expect(await complete('slipway depl', 'slipway deploy')).toBe('found');
    expect(await complete('slipway deploy agento --environment p', '--environment production')).toBe('found');
    expect(await complete('slipway sandbox fault ', 'remove all faults')).toBe('found');
  });
});
