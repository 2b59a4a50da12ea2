import { spawn, type ChildProcess, type StdioOptions } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { projectFolder } from '../cli/project-folder.ts';

const program = path.join(projectFolder, 'worker/main.ts');
const endWithStarter = path.join(projectFolder, 'client/start/end-with-starter.ts');
/** Path without a file, which means no profiles. An empty file would be an error to the SDK. */
const noProfiles = path.join(projectFolder, '.slipway/no-profiles.toml');
const quietly = '--disable-warning=ExperimentalWarning';

/** Starts a worker on this terminal, as a process of its own: when it crashes, this process goes on. */
export function startWorker(dir: string | undefined, environment: NodeJS.ProcessEnv): ChildProcess {
  const env = dir === undefined ? environment : { ...environment, SLIPWAY_SANDBOX_DIR: dir };
  return spawn(process.execPath, [quietly, program], { cwd: projectFolder, env, stdio: 'inherit' });
}

/** Starts a worker of the sandbox, whatever else is configured. Its log goes to a file; it ends with this process. */
export function startSandboxWorker(dir: string | undefined, environment: NodeJS.ProcessEnv, log: number): ChildProcess {
  const others = Object.entries(environment).filter(([name]) => !name.startsWith('TEMPORAL_'));
  const env = {
    ...Object.fromEntries(others),
    TEMPORAL_CONFIG_FILE: noProfiles,
    ...(dir === undefined ? {} : { SLIPWAY_SANDBOX_DIR: dir }),
  };
  const stdio: StdioOptions = ['ignore', log, log, 'ipc'];
  // A session of its own: Ctrl-C reaches it through this process alone, once there is nothing left to do for it.
  return spawn(process.execPath, [quietly, '--import', endWithStarter, program], {
    cwd: projectFolder,
    env,
    stdio,
    detached: true,
  });
}

/** Stops a worker: it may finish what is under way, and is killed when it takes too long. */
export async function stopWorker(worker: ChildProcess, maxWaitMs = 15_000): Promise<void> {
  if (worker.exitCode !== null || worker.signalCode !== null) return;
  const exited = once(worker, 'exit');
  worker.kill('SIGTERM');
  const kill = setTimeout(() => worker.kill('SIGKILL'), maxWaitMs);
  await exited;
  clearTimeout(kill);
}
