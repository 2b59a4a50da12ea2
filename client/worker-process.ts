import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { projectFolder } from './project.ts';

export interface WorkerOptions {
  /** The sandbox to work for; without it the worker chooses as it does by itself. */
  dir?: string | undefined;
  environment: NodeJS.ProcessEnv;
  /** Where its log goes: to this terminal, or to a file that is open already. */
  log: 'inherit' | number;
}

/** The worker as a process of its own: it outlives nothing that it should not, and a crash of it is not one of ours. */
export function startWorker({ dir, environment, log }: WorkerOptions): ChildProcess {
  const env = dir === undefined ? environment : { ...environment, SLIPWAY_SANDBOX_DIR: dir };
  return spawn(process.execPath, [path.join(projectFolder, 'worker/main.ts')], { cwd: projectFolder, env, stdio: ['ignore', log, log], detached: log !== 'inherit' });
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
