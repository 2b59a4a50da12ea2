import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

export interface Command {
  program: string;
  args: string[];
  cwd: string;
  env: Record<string, string>;
  /** Goes to the program's standard input. */
  input?: Buffer;
  /** Gets every line of stdout and stderr. */
  say: (line: string) => void;
  signal: AbortSignal;
}

/** The program could not be started at all. */
const NOT_STARTED = 127;

/** Runs a program in its own process group and resolves with its exit code; the signal ends the group. */
export async function runCommand(command: Command): Promise<number> {
  if (command.signal.aborted) return 130;
  const child = spawn(command.program, command.args, {
    cwd: command.cwd,
    env: command.env,
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const kill = (): void => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    } catch {
      // The group is gone already.
    }
  };
  command.signal.addEventListener('abort', kill, { once: true });
  for (const stream of [child.stdout, child.stderr]) createInterface(stream).on('line', command.say);
  child.stdin.on('error', () => undefined);
  child.stdin.end(command.input);
  try {
    return await new Promise<number>((resolve) => {
      child.once('error', (error) => {
        command.say(error.message);
        resolve(NOT_STARTED);
      });
      child.once('close', (code) => resolve(code ?? 137));
    });
  } finally {
    command.signal.removeEventListener('abort', kill);
    // What the program left behind in its group ends with it, as a step's container would.
    kill();
  }
}

/** Makes the variables of a build's program: where programs are, and nothing of the emulator's own. */
export function bareEnvironment(home: string): Record<string, string> {
  return { PATH: process.env['PATH'] ?? '/usr/bin:/bin', HOME: home, LANG: 'C.UTF-8' };
}
