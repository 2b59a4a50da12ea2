import { constants } from 'node:os';
import type { ResolvedImage } from '../../core/cloud.ts';
import type { ContainerExit, ContainerProcess } from '../../../containers/process.ts';
import type { RunParts } from '../resources/collections.ts';
import { parentName, shortName } from '../resources/names.ts';
import { resolveImage } from '../containers/pinned-images.ts';
import type { Execution, Task } from '../resources/resources.ts';
import { exitText, runContainer } from '../containers/run-container.ts';
import type { ContainerLog } from '../containers/container-log.ts';
import { taskLog } from '../containers/container-log.ts';
import type { RunningExecution } from './running-execution.ts';

export interface AttemptResult {
  succeeded: boolean;
  exitCode: number;
  termSignal: number;
  message: string;
}

/** Platform: SIGTERM, then ten seconds, then SIGKILL. */
const cancelGraceMs = 10_000;
const endGraceMs = 500;
const maxTimerMs = 2 ** 31 - 1;
/** Signals that a task's last attempt tells the number of. */
const reportedSignals: NodeJS.Signals[] = ['SIGINT', 'SIGABRT', 'SIGKILL', 'SIGSEGV', 'SIGTERM'];

/** Runs one attempt of a task to its end, and marks it in the state for as long as it runs. */
export async function runAttempt(
  parts: RunParts,
  run: RunningExecution,
  task: Task,
  attempt: number,
): Promise<AttemptResult> {
  const { cloud, state } = parts;
  const execution = state.executions.get(run.name);
  const image = execution && resolveImage(parts, run.name, task.containers[0]?.image ?? '');
  if (!image) return failed('The image is gone.');
  const log = taskLog(cloud, parentName(run.name), run.name, task.index, attempt);
  state.attempts.put(task.name, attempt);
  try {
    const process = together(startTask(parts, { image, execution, task, attempt, log }));
    const end = await untilEnd(process, timeoutMs(task), run.cancelled.signal);
    return describeEnd(end, log);
  } catch (error) {
    return failed((error as Error).message);
  } finally {
    // A shutdown leaves the mark: the task was lost, and whoever starts next must know.
    if (run.cancelled.signal.reason !== 'shutdown') state.attempts.delete(task.name);
  }
}

/** Describes an attempt that failed without an exit code of its own. */
export function failed(message: string, signal: NodeJS.Signals | null = null): AttemptResult {
  return { succeeded: false, exitCode: 0, termSignal: signalNumber(signal), message };
}

interface TaskStart {
  image: ResolvedImage;
  execution: Execution;
  task: Task;
  attempt: number;
  log: ContainerLog;
}

function startTask(parts: RunParts, { image, execution, task, attempt, log }: TaskStart): ContainerProcess[] {
  const platformEnv = {
    CLOUD_RUN_JOB: shortName(task.job),
    CLOUD_RUN_EXECUTION: shortName(task.execution),
    CLOUD_RUN_TASK_INDEX: String(task.index),
    CLOUD_RUN_TASK_ATTEMPT: String(attempt),
    CLOUD_RUN_TASK_COUNT: String(execution.taskCount),
  };
  const { serviceAccount } = execution.template;
  return task.containers.map((container, index) => {
    const own = index === 0 ? image : resolveImage(parts, container.name, container.image);
    if (!own) throw new Error(`Image '${container.image}' not found.`);
    return runContainer(parts, { container, image: own, platformEnv, serviceAccount, log });
  });
}

/** Makes one process of the containers of a task: it ends with the last of them, and fails if one fails. */
function together(processes: readonly ContainerProcess[]): ContainerProcess {
  const [first] = processes;
  if (!first) throw new Error('the task has no container');
  const worst = async (ends: Promise<ContainerExit>[]): Promise<ContainerExit> => {
    const [end, ...others] = await Promise.all(ends);
    const hasFailed = ({ code, signal }: ContainerExit) => code !== 0 || signal !== null;
    return [end, ...others].find((one) => one !== undefined && hasFailed(one)) ?? (await first.exited);
  };
  return {
    pid: first.pid,
    exited: worst(processes.map(({ exited }) => exited)),
    stop: (graceMs) => worst(processes.map((one) => one.stop(graceMs))),
  };
}

function timeoutMs({ timeout }: Task): number {
  return Number(timeout?.seconds ?? 600) * 1000 + (timeout?.nanos ?? 0) / 1e6;
}

type End = { kind: 'exited'; exit: ContainerExit } | { kind: 'timeout' } | { kind: 'cancelled' };

async function untilEnd(process: ContainerProcess, timeoutMs: number, cancelled: AbortSignal): Promise<End> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<End>((resolve) => {
    timer = setTimeout(() => resolve({ kind: 'timeout' }), Math.min(timeoutMs, maxTimerMs));
  });
  const cancel = new Promise<End>((resolve) => {
    if (cancelled.aborted) resolve({ kind: 'cancelled' });
    else cancelled.addEventListener('abort', () => resolve({ kind: 'cancelled' }), { once: true });
  });
  const end = await Promise.race([process.exited.then((exit): End => ({ kind: 'exited', exit })), timeout, cancel]);
  clearTimeout(timer);
  if (end.kind !== 'exited')
    await process.stop(end.kind === 'timeout' || cancelled.reason === 'shutdown' ? endGraceMs : cancelGraceMs);
  return end;
}

function describeEnd(end: End, log: ContainerLog): AttemptResult {
  if (end.kind === 'timeout') {
    log.system('ERROR', 'Terminating task because it has reached the maximum timeout.');
    return failed('The configured timeout was reached.', 'SIGKILL');
  }
  if (end.kind === 'cancelled') return failed('The execution was cancelled.', 'SIGTERM');
  const { code, signal } = end.exit;
  const succeeded = code === 0 && signal === null;
  log.system(succeeded ? 'INFO' : 'WARNING', exitText(end.exit));
  const message = succeeded ? '' : 'The container exited with an error.';
  return { succeeded, exitCode: code, termSignal: signalNumber(signal), message };
}

function signalNumber(signal: NodeJS.Signals | null): number {
  return signal && reportedSignals.includes(signal) ? constants.signals[signal] : 0;
}
