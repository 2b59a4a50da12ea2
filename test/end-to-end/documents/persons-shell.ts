import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmod, cp, mkdir, readdir, symlink, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import { eventually } from '../../until.ts';
import { projectFolder } from './commands.ts';

/** One command ends within this time: the longest follow a whole release. */
const limitMs = 300_000;
/** A sandbox with all of its parts is up within this time. */
const upWithinMs = 180_000;

/** What a person saw of one pasted command. */
export interface Pasted {
  command: string;
  exitCode: number;
  /** Both streams, as on a terminal. */
  said: string;
  stderr: string;
}

/** A command that stays until Ctrl-C. */
export interface Staying {
  /** Presses Ctrl-C, and waits for the end. */
  interrupt: () => Promise<Pasted>;
}

/** Groups of processes that stay, so that none outlives the tests. */
const alive = new Set<number>();
process.once('exit', () => {
  for (const group of alive) endGroup(group, 'SIGKILL');
});

/** A shell of a person in the folder of Slipway, in which commands are pasted one after the other. */
export class PersonsShell {
  readonly folder: string;
  /** Further variables of the person's environment. */
  readonly variables: NodeJS.ProcessEnv;
  /** What earlier commands have left: functions, aliases, variables. */
  private state = 'shopt -s expand_aliases\n';

  private constructor(folder: string, variables: NodeJS.ProcessEnv) {
    this.folder = folder;
    this.variables = variables;
  }

  /** Makes a folder that looks like that of Slipway, for a sandbox of its own and with a catalog that may be edited. */
  static async open(parent: string): Promise<PersonsShell> {
    const folder = path.join(parent, 'slipway');
    await mkdir(path.join(folder, '.slipway', 'sandbox'), { recursive: true });
    await symlink(path.join('sandbox', 'sandbox.json'), path.join(folder, '.slipway', 'sandbox.json'));
    await cp(path.join(projectFolder, 'catalog'), path.join(folder, 'catalog'), { recursive: true });
    const own = ['.git', '.slipway', 'catalog', 'slipway'];
    for (const name of (await readdir(projectFolder)).filter((each) => !own.includes(each)))
      await symlink(path.join(projectFolder, name), path.join(folder, name));
    const program = path.join(folder, 'slipway');
    const main = path.join(projectFolder, 'client', 'main.ts');
    await writeFile(
      program,
      `#!/bin/sh\nexec '${process.execPath}' --disable-warning=ExperimentalWarning '${main}' "$@"\n`,
    );
    await chmod(program, 0o755);
    await writeFile(path.join(folder, '.gitconfig'), '[user]\n\tname = n\n\temail = developer@example.com\n');
    return new PersonsShell(folder, {
      PATH: `${path.dirname(process.execPath)}:${process.env['PATH'] ?? ''}`,
      HOME: folder,
      // What was built for this machine is not built again.
      XDG_CACHE_HOME: process.env['XDG_CACHE_HOME'] ?? path.join(homedir(), '.cache'),
      // As docs/operating.md says: you are the release owner.
      SLIPWAY_USER: 'release-owner@example.com',
      SLIPWAY_SANDBOX_DIR: path.join(folder, '.slipway', 'sandbox'),
      SLIPWAY_CATALOG: path.join(folder, 'catalog'),
    });
  }

  /** Pastes one command and waits for its end. `input` is what the person types or pipes into it. */
  async paste(command: string, input?: string): Promise<Pasted> {
    const { child, seen } = this.spawn(command, input !== undefined);
    child.stdin?.end(input);
    const timer = setTimeout(() => child.kill('SIGKILL'), limitMs);
    const exitCode = await endOf(child);
    clearTimeout(timer);
    if (/^(\w+\(\)|export |alias |\w+=|source )/.test(command)) this.state += `${command}\n`;
    return { command, exitCode, ...seen() };
  }

  /** Pastes a command that stays, and waits until it has said that it is up. */
  async start(command: string, isUp: RegExp): Promise<Staying> {
    const { child, seen } = this.spawn(command, false);
    const group = child.pid ?? 0;
    alive.add(group);
    const ended = endOf(child).finally(() => alive.delete(group));
    const look = async (): Promise<boolean> => {
      if (child.exitCode !== null) throw new Error(`${command} has ended:\n${seen().said}`);
      return isUp.test(seen().said);
    };
    await eventually(() => `${command} has said ${isUp}:\n${seen().said}`, look, upWithinMs);
    return {
      interrupt: async () => {
        endGroup(group, 'SIGINT');
        return { command, exitCode: await ended, ...seen() };
      },
    };
  }

  private spawn(
    command: string,
    hasInput: boolean,
  ): { child: ChildProcess; seen: () => Pick<Pasted, 'said' | 'stderr'> } {
    const child = spawn('bash', ['-c', `${this.state}\n${command}\n`], {
      cwd: this.folder,
      env: this.variables,
      stdio: [hasInput ? 'pipe' : 'ignore', 'pipe', 'pipe'],
      // A group of its own, as a terminal makes one: Ctrl-C reaches all of it.
      detached: true,
    });
    let said = '';
    let stderr = '';
    child.stdout?.on('data', (chunk: Buffer) => (said += chunk.toString()));
    child.stderr?.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      stderr += chunk.toString();
    });
    return { child, seen: () => ({ said, stderr }) };
  }
}

async function endOf(child: ChildProcess): Promise<number> {
  const [code] = (await once(child, 'close')) as [number | null];
  return code ?? -1;
}

function endGroup(group: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-group, signal);
  } catch {
    // It has ended by itself.
  }
}
