import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Cloud, ResolvedImage } from '../cloud/core/cloud.ts';
import { forgetProcess, recordProcess } from './orphans.ts';
import type { Container, EnvVar } from '../cloud/run/resources/resources.ts';

const projectModules = fileURLToPath(new URL('../../node_modules', import.meta.url));

export interface ContainerExit {
  code: number;
  /** Number of the signal, 0 for none. */
  signal: NodeJS.Signals | null;
}

/** One running container: a process group of its own. */
export interface ContainerProcess {
  pid: number | undefined;
  exited: Promise<ContainerExit>;
  /** SIGTERM, and SIGKILL when it has not gone after the grace time. */
  stop(graceMs?: number): Promise<ContainerExit>;
}

export interface ContainerStart {
  cloud: Cloud;
  image: ResolvedImage;
  container: Container;
  /** What the platform adds: PORT, K_SERVICE, CLOUD_RUN_JOB, … */
  platformEnv: Record<string, string>;
  onLine(stream: 'stdout' | 'stderr', line: string): void;
}

/** A start that the platform refuses: the container never ran. */
export class ContainerStartError extends Error {
  readonly reason: 'SECRETS_ACCESS_CHECK_FAILED' | 'CONTAINER_MISSING';

  constructor(reason: ContainerStartError['reason'], message: string) {
    super(message);
    this.reason = reason;
  }
}

/** Starts a container's process in its image's snapshot. */
export function startContainer(start: ContainerStart): ContainerProcess {
  const [file, ...args] = commandLine(start.container, start.image.path);
  const child = spawn(file ?? 'sh', args, {
    cwd: start.container.workingDir ? resolve(start.image.path, start.container.workingDir) : start.image.path,
    env: environment(start),
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  for (const stream of ['stdout', 'stderr'] as const) {
    createInterface({ input: child[stream], crlfDelay: Infinity }).on('line', (line) => start.onLine(stream, line));
  }
  const key = recordProcess(start.cloud, child.pid);
  const exited = new Promise<ContainerExit>((done) => {
    const finish = (code: number, signal: NodeJS.Signals | null): void => {
      forgetProcess(start.cloud, key);
      done({ code, signal });
    };
    child.once('error', (error) => {
      start.onLine('stderr', `terminated: Application failed to start: ${error.message}`);
      finish(127, null);
    });
    // 'close' comes after the last line of output, so that no line is logged after the container's end.
    child.once('close', (code, signal) => finish(code ?? 0, signal));
  });
  return { pid: child.pid, exited, stop: (graceMs = 2000) => stopGroup(child.pid, exited, graceMs) };
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

export function signalGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // The group has gone already.
  }
}

/**
 * What to run: the container's command and args; a command of one word may name a process of the Procfile, as in
 * images of Google's buildpacks; without a command the Procfile's `web` process, run by a shell as their launcher does.
 */
function commandLine(container: Container, path: string): string[] {
  const processes = readProcfile(path);
  const [command, ...rest] = container.command;
  if (command !== undefined) {
    const named = rest.length === 0 ? processes.get(command) : undefined;
    return named ? shell(named, container.args) : [command, ...rest, ...container.args];
  }
  return shell(processes.get('web') ?? 'node .', container.args);
}

function shell(line: string, args: string[]): string[] {
  return args.length === 0 ? ['sh', '-c', line] : ['sh', '-c', `${line} "$@"`, 'sh', ...args];
}

function readProcfile(path: string): Map<string, string> {
  const file = join(path, 'Procfile');
  if (!existsSync(file)) return new Map();
  const lines = readFileSync(file, 'utf8').split('\n');
  const matches = lines.map((line) => /^([A-Za-z0-9_-]+):\s*(.+?)\s*$/.exec(line));
  return new Map(matches.flatMap((match) => (match?.[1] && match[2] ? [[match[1], match[2]] as const] : [])));
}

/** Only what a container would see: nothing of the emulator's own environment, which may hold credentials. */
function environment(start: ContainerStart): Record<string, string> {
  const nodeFolder = resolve(process.execPath, '..');
  const base = {
    PATH: [nodeFolder, '/usr/local/bin', '/usr/bin', '/bin'].join(':'),
    HOME: start.image.path,
    NODE_PATH: projectModules,
  };
  const own = start.container.env.map((variable) => [variable.name, valueOf(start.cloud, variable)] as const);
  return { ...base, ...Object.fromEntries(own), ...start.platformEnv };
}

function valueOf(cloud: Cloud, variable: EnvVar): string {
  const reference = variable.valueSource?.secretKeyRef;
  if (!reference) return variable.value ?? '';
  const value = cloud.secrets.access(reference.secret, reference.version || 'latest');
  if (value) return value.toString('utf8');
  const name = reference.secret.includes('/')
    ? reference.secret
    : `projects/${cloud.project}/secrets/${reference.secret}`;
  throw new ContainerStartError(
    'SECRETS_ACCESS_CHECK_FAILED',
    `Secret ${name}/versions/${reference.version || 'latest'} was not found`,
  );
}
