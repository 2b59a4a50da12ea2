import { spawn, type ChildProcess, type StdioOptions } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { projectFolder } from '../cli/project-folder.ts';

const program = path.join(projectFolder, 'worker/main.ts');
const endWithStarter = path.join(projectFolder, 'client/start/end-with-starter.ts');
/** No such file: an empty one is an error to the SDK, a missing one means that there are no profiles. */
const noProfiles = path.join(projectFolder, '.slipway/no-profiles.toml');
const quietly = '--disable-warning=ExperimentalWarning';

/** The worker on this terminal, as a process of its own: a crash of it is not one of ours. */
export function startWorker(dir: string | undefined, environment: NodeJS.ProcessEnv): ChildProcess {
  const env = dir === undefined ? environment : { ...environment, SLIPWAY_SANDBOX_DIR: dir };
  return spawn(process.execPath, [quietly, program], { cwd: projectFolder, env, stdio: 'inherit' });
}

/**
 * A worker of a sandbox and of nothing else, whatever is configured here; its log goes to a file, and it ends with
 * this process.
 */
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

/** Asks it to finish what is under way, and waits; who does not listen is ended. */
export async function stopWorker(worker: ChildProcess, patienceMs = 15_000): Promise<void> {
  if (worker.exitCode !== null || worker.signalCode !== null) return;
  const exited = once(worker, 'exit');
  worker.kill('SIGTERM');
  const hurry = setTimeout(() => worker.kill('SIGKILL'), patienceMs);
  await exited;
  clearTimeout(hurry);
}
