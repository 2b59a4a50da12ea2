import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { procfileProcesses } from '../../contract/procfile.ts';

/** The part of a container that decides which program runs. */
export interface Command {
  /** Takes the place of the image's own command; empty for none. */
  command: string[];
  args: string[];
}

/**
 * Decides what to run in an image's folder: command and args, else the Procfile's `web` process. A command of one word
 * may name a process of the Procfile, as in images of Google's buildpacks; their launcher runs it by a shell.
 */
export function commandLine({ command, args }: Command, folder: string): [file: string, ...args: string[]] {
  const processes = readProcfile(folder);
  const [file, ...rest] = command;
  if (file === undefined) return shell(processes.get('web') ?? 'node .', args);
  const line = rest.length === 0 ? processes.get(file) : undefined;
  return line ? shell(line, args) : [file, ...rest, ...args];
}

/** Runs a line by a shell. A simple command takes the shell's place: its exit code at SIGTERM is what counts. */
function shell(process: string, args: string[]): [string, ...string[]] {
  const line = /^(?!\w+=)[^;&|<>()`\n]+$/.test(process) ? `exec ${process}` : process;
  return args.length === 0 ? ['sh', '-c', line] : ['sh', '-c', `${line} "$@"`, 'sh', ...args];
}

/** Reads the processes of a Procfile by their names; none where there is no Procfile. */
export function readProcfile(folder: string): Map<string, string> {
  const file = join(folder, 'Procfile');
  if (!existsSync(file)) return new Map();
  return procfileProcesses(readFileSync(file, 'utf8'));
}
