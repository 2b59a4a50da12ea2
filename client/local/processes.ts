import { spawn, type ChildProcess, type StdioOptions } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import type { SandboxDescription } from '../../sandbox/description.ts';
import { projectFolder } from '../cli/project-folder.ts';

const workerProgram = path.join(projectFolder, 'worker/main.ts');
const commandLine = path.join(projectFolder, 'client/main.ts');
const endWithStarter = path.join(projectFolder, 'client/start/end-with-starter.ts');
/** Path without a file, which means no profiles. An empty file would be an error to the SDK. */
const noProfiles = path.join(projectFolder, '.slipway/no-profiles.toml');
const quietly = '--disable-warning=ExperimentalWarning';

/** Starts a worker on this terminal, as a process of its own: when it crashes, this process goes on. */
export function startWorker(dir: string | undefined, environment: NodeJS.ProcessEnv): ChildProcess {
  const env = dir === undefined ? environment : { ...environment, SLIPWAY_SANDBOX_DIR: dir };
  return spawn(process.execPath, [quietly, workerProgram], { cwd: projectFolder, env, stdio: 'inherit' });
}

/** Says where a process of a sandbox finds it, and the file descriptor of its log. */
export interface SandboxProcessOptions {
  dir: string | undefined;
  environment: NodeJS.ProcessEnv;
  log: number;
}

/** Starts a worker of the sandbox, whatever else is configured. Its log goes to a file; it ends with this process. */
export function startSandboxWorker(options: SandboxProcessOptions): ChildProcess {
  return startSandboxProcess([workerProgram], options);
}

/** Starts the receiver of the sandbox's alerts, whatever else is configured. It ends with this process. */
export function startSandboxReceiver(
  { url, webhook, tokenFile }: NonNullable<SandboxDescription['alertmanager']>,
  options: SandboxProcessOptions,
): ChildProcess {
  const { hostname, port } = new URL(webhook);
  const place = ['--host', hostname, '--port', port, ...(options.dir === undefined ? [] : ['--dir', options.dir])];
  const args = [commandLine, 'alerts', ...place, '--token-file', tokenFile, '--alertmanager', url];
  return startSandboxProcess(args, options);
}

function startSandboxProcess(args: string[], { dir, environment, log }: SandboxProcessOptions): ChildProcess {
  const others = Object.entries(environment).filter(([name]) => !name.startsWith('TEMPORAL_'));
  const env = {
    ...Object.fromEntries(others),
    TEMPORAL_CONFIG_FILE: noProfiles,
    ...(dir === undefined ? {} : { SLIPWAY_SANDBOX_DIR: dir }),
  };
  const stdio: StdioOptions = ['ignore', log, log, 'ipc'];
  // A session of its own: Ctrl-C reaches it through this process alone, once there is nothing left to do for it.
  return spawn(process.execPath, [quietly, '--import', endWithStarter, ...args], {
    cwd: projectFolder,
    env,
    stdio,
    detached: true,
  });
}

/** Stops a process: it may finish what is under way, and is killed when it takes too long. */
export async function stopProcess(started: ChildProcess, maxWaitMs = 15_000): Promise<void> {
  if (started.exitCode !== null || started.signalCode !== null) return;
  const exited = once(started, 'exit');
  started.kill('SIGTERM');
  const kill = setTimeout(() => started.kill('SIGKILL'), maxWaitMs);
  await exited;
  clearTimeout(kill);
}
