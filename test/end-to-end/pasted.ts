import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { chmod, mkdir, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { TestSandbox } from './sandbox.ts';

export const projectFolder = path.join(import.meta.dirname, '..', '..');
/** One command ends within this time: the longest follow a whole release. */
const limitMs = 300_000;

/** What a person saw of one pasted command. */
export interface Pasted {
  command: string;
  exitCode: number;
  /** Both streams, as on a terminal. */
  said: string;
}

/** Answers the commands of a document's section, in their order. Lines that go on with `\` are one command. */
export function commandsOf(document: string, heading: string): string[] {
  const text = readFileSync(path.join(projectFolder, document), 'utf8');
  const title = new RegExp(`^#+ ${heading.replace(/[`.()]/g, '\\$&')}$`, 'm').exec(text);
  if (!title) throw new Error(`${document} has no heading ${heading}`);
  const [section = ''] = text.slice(title.index + title[0].length).split(/^#+ /m);
  const blocks = [...section.matchAll(/^```sh\n(.*?)^```/gms)].map(([, block = '']) => block);
  return blocks.flatMap((block) => wholeCommands(block.split('\n')));
}

/** Joins lines that go on: behind a backslash or a pipe, and within quotes. */
function wholeCommands(lines: readonly string[]): string[] {
  const commands: string[] = [];
  let begun = '';
  for (const line of lines) {
    begun = begun === '' ? line : `${begun}\n${line}`;
    const isOpen = /[\\|]$/.test(begun) || (begun.match(/'/g) ?? []).length % 2 === 1;
    if (isOpen) continue;
    if (begun.trim() !== '' && !begun.trim().startsWith('#')) commands.push(begun);
    begun = '';
  }
  return commands;
}

/** A shell of a person in the folder of Slipway, in which commands are pasted one after the other. */
export class PersonsShell {
  private readonly folder: string;
  private readonly environment: NodeJS.ProcessEnv;
  /** What earlier commands have left: functions, aliases, variables. */
  private state = 'shopt -s expand_aliases\n';

  private constructor(folder: string, environment: NodeJS.ProcessEnv) {
    this.folder = folder;
    this.environment = environment;
  }

  /** Makes a folder that looks like that of Slipway, with the sandbox in it. */
  static async open({ description, catalogFolder }: TestSandbox): Promise<PersonsShell> {
    const folder = path.join(description.dir, '..', 'folder-of-slipway');
    await mkdir(path.join(folder, '.slipway'), { recursive: true });
    await symlink(path.join(description.dir, 'sandbox.json'), path.join(folder, '.slipway', 'sandbox.json'));
    const program = path.join(folder, 'slipway');
    const main = path.join(projectFolder, 'client', 'main.ts');
    await writeFile(
      program,
      `#!/bin/sh\nexec '${process.execPath}' --disable-warning=ExperimentalWarning '${main}' "$@"\n`,
    );
    await chmod(program, 0o755);
    return new PersonsShell(folder, {
      PATH: `${path.dirname(process.execPath)}:${process.env['PATH'] ?? ''}`,
      HOME: folder,
      SLIPWAY_SANDBOX_DIR: description.dir,
      SLIPWAY_CATALOG: catalogFolder,
    });
  }

  /** Pastes one command and waits for its end. */
  async paste(command: string): Promise<Pasted> {
    const child = spawn('bash', ['-c', `${this.state}\n${command}\n`], {
      cwd: this.folder,
      env: this.environment,
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: limitMs,
    });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (said += chunk.toString()));
    const exitCode = await new Promise<number>((resolve) => child.once('close', (code) => resolve(code ?? -1)));
    if (/^(where\(\)|export |alias |commit=)/.test(command)) this.state += `${command}\n`;
    return { command, exitCode, said };
  }
}
