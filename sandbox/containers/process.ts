import { spawn } from 'node:child_process';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { commandLine } from './command-line.ts';
import type { Command } from './command-line.ts';
import { watchMemory } from './memory.ts';
import { recordProcess } from './orphans.ts';
import type { ProcessRecords } from './orphans.ts';
import { signalGroup } from './signal-group.ts';
import { stackModules } from './stack-modules.ts';

/** One container to run: the program, where it runs, and what it sees. */
export interface ContainerSpec extends Command {
  /** The image: a read-only snapshot of a source folder, with a Procfile or without. */
  folder: string;
  /** All that the container sees besides PATH, HOME and NODE_PATH, which it may replace. */
  env: Record<string, string>;
  /** Within the image, or absolute; empty for the image's own folder. */
  workingDir: string;
  /** Ends it by SIGKILL as soon as it holds more; no limit without it. */
  memoryLimitBytes?: number | undefined;
}

/** Takes a container's output, line by line. */
export type LineSink = (stream: 'stdout' | 'stderr', line: string) => void;

export interface ContainerExit {
  code: number;
  /** Name of the signal that ended it, null for none. */
  signal: NodeJS.Signals | null;
  /** What it held when it was ended for that; null if it was not. */
  exceededBytes: number | null;
}

/** One running container: a process group of its own. */
export interface ContainerProcess {
  pid: number | undefined;
  /** Settles after the last line of output. */
  exited: Promise<ContainerExit>;
  /** Sends SIGTERM, and SIGKILL when the grace time is over. */
  stop(graceMs?: number): Promise<ContainerExit>;
}

/** A shell's code for a command that cannot be started. */
const notStartedCode = 127;

/** Starts a container's process in its image's folder, and records it for `endOrphans`. */
export function startContainer(spec: ContainerSpec, records: ProcessRecords, onLine: LineSink): ContainerProcess {
  const [file, ...args] = commandLine(spec, spec.folder);
  const child = spawn(file, args, {
    cwd: resolve(spec.folder, spec.workingDir),
    env: containerEnvironment(spec),
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  for (const stream of ['stdout', 'stderr'] as const)
    createInterface({ input: child[stream], crlfDelay: Infinity }).on('line', (line) => onLine(stream, line));
  const key = recordProcess(records, child.pid);
  let exceededBytes: number | null = null;
  const unwatch = limitMemory(spec, child.pid, (usedBytes) => (exceededBytes = usedBytes));
  const exited = new Promise<ContainerExit>((done) => {
    const finish = (code: number, signal: NodeJS.Signals | null): void => {
      unwatch();
      records.delete(key);
      done({ code, signal, exceededBytes });
    };
    child.once('error', (error) => {
      onLine('stderr', `terminated: Application failed to start: ${error.message}`);
      finish(notStartedCode, null);
    });
    // 'close' comes after the last line of output, so that no line is logged after the container's end.
    child.once('close', (code, signal) => finish(code ?? 0, signal));
  });
  return { pid: child.pid, exited, stop: (graceMs = 2000) => stopGroup(child.pid, exited, graceMs) };
}

function limitMemory(
  { memoryLimitBytes }: ContainerSpec,
  pid: number | undefined,
  exceeded: (usedBytes: number) => void,
): () => void {
  if (memoryLimitBytes === undefined || pid === undefined) return () => undefined;
  return watchMemory(pid, memoryLimitBytes, (usedBytes) => {
    exceeded(usedBytes);
    signalGroup(pid, 'SIGKILL');
  });
}

async function stopGroup(
  pid: number | undefined,
  exited: Promise<ContainerExit>,
  graceMs: number,
): Promise<ContainerExit> {
  signalGroup(pid, 'SIGTERM');
  const timer = setTimeout(() => signalGroup(pid, 'SIGKILL'), graceMs);
  const exit = await exited;
  clearTimeout(timer);
  // A shell may have gone while what it started lives on.
  signalGroup(pid, 'SIGKILL');
  return exit;
}

/** Makes a container's environment, with nothing of this program's own, which may hold credentials. */
export function containerEnvironment({ folder, env }: Pick<ContainerSpec, 'folder' | 'env'>): Record<string, string> {
  const nodeFolder = resolve(process.execPath, '..');
  return {
    PATH: [nodeFolder, '/usr/local/bin', '/usr/bin', '/bin'].join(':'),
    HOME: folder,
    NODE_PATH: stackModules,
    ...env,
  };
}
