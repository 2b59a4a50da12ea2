import type { Cloud, ResolvedImage } from '../../core/cloud.ts';
import { change } from '../resources/collections.ts';
import type { ExecutorParts, RunningExecution } from './executor.ts';
import { condition, now, withConditions } from '../resources/metadata.ts';
import { parentName, shortName } from '../resources/names.ts';
import type { ContainerExit, ContainerProcess } from '../../../containers/process.ts';
import { startContainer } from '../../../containers/process.ts';
import type { ContainerLog } from '../resources/run-logs.ts';
import { taskLog } from '../resources/run-logs.ts';
import type { Task } from '../resources/resources.ts';

interface AttemptResult {
  succeeded: boolean;
  exitCode: number;
  termSignal: number;
  message: string;
}

/** Platform: SIGTERM, then ten seconds, then SIGKILL. */
const cancelGraceMs = 10_000;
const signalNumbers: Partial<Record<NodeJS.Signals, number>> = {
  SIGINT: 2,
  SIGABRT: 6,
  SIGKILL: 9,
  SIGSEGV: 11,
  SIGTERM: 15,
};

/** Runs one task to its end: attempts until one succeeds, the retries are used up, or the execution is cancelled. */
export async function runTask(parts: ExecutorParts, run: RunningExecution, task: Task): Promise<void> {
  const { state } = parts;
  const lost = state.attempts.get(task.name);
  let attempt = lost ?? 0;
  if (lost !== undefined) {
    state.attempts.delete(task.name);
    const result = {
      succeeded: false,
      exitCode: 0,
      termSignal: 9,
      message: 'The task was lost with the instance that ran it.',
    };
    if (!retries(parts, run, task, attempt, result)) return finishTask(parts, run, task, result);
    attempt += 1;
  }
  change(state.tasks, task.name, (present) => ({
    ...present,
    startTime: present.startTime ?? now(),
    conditions: withConditions(present.conditions, [
      condition('Started', 'CONDITION_SUCCEEDED'),
      condition('Completed', 'CONDITION_RECONCILING'),
    ]),
  }));
  run.changed((execution) => ({ ...execution, runningCount: execution.runningCount + 1 }));
  for (;;) {
    const result = await runAttempt(parts, run, task, attempt);
    if (run.cancelled.signal.aborted) return countDown(run);
    if (result.succeeded || !retries(parts, run, task, attempt, result)) {
      countDown(run);
      return finishTask(parts, run, task, result);
    }
    attempt += 1;
  }
}

function countDown(run: RunningExecution): void {
  run.changed((execution) => ({ ...execution, runningCount: Math.max(0, execution.runningCount - 1) }));
}

/** Writes a failed attempt down, and says whether there is another one. */
function retries(
  parts: ExecutorParts,
  run: RunningExecution,
  task: Task,
  attempt: number,
  result: AttemptResult,
): boolean {
  recordAttempt(parts, task, result);
  if (attempt >= task.maxRetries) return false;
  change(parts.state.tasks, task.name, (present) => ({ ...present, retried: attempt + 1 }));
  run.changed((execution) => ({ ...execution, retriedCount: execution.retriedCount + 1 }));
  return true;
}

function recordAttempt(parts: ExecutorParts, task: Task, result: AttemptResult): void {
  const status = { code: result.succeeded ? 0 : 2, message: result.message };
  change(parts.state.tasks, task.name, (present) => ({
    ...present,
    lastAttemptResult: { status, exitCode: result.exitCode, termSignal: result.termSignal },
    updateTime: now(),
  }));
}

function finishTask(parts: ExecutorParts, run: RunningExecution, task: Task, result: AttemptResult): void {
  recordAttempt(parts, task, result);
  const completed = result.succeeded
    ? condition('Completed', 'CONDITION_SUCCEEDED')
    : condition('Completed', 'CONDITION_FAILED', { message: result.message, executionReason: 'NON_ZERO_EXIT_CODE' });
  change(parts.state.tasks, task.name, (present) => ({
    ...present,
    completionTime: now(),
    reconciling: false,
    observedGeneration: present.generation,
    conditions: withConditions(present.conditions, [completed]),
  }));
  run.changed((execution) => ({
    ...execution,
    succeededCount: execution.succeededCount + (result.succeeded ? 1 : 0),
    failedCount: execution.failedCount + (result.succeeded ? 0 : 1),
  }));
}

async function runAttempt(
  parts: ExecutorParts,
  run: RunningExecution,
  task: Task,
  attempt: number,
): Promise<AttemptResult> {
  const { cloud, state } = parts;
  const execution = state.executions.get(run.name);
  const image = execution && cloud.images.resolve(state.pinnedImages.get(run.name) ?? '');
  if (!image) return { succeeded: false, exitCode: 0, termSignal: 0, message: 'The image is gone.' };
  const log = taskLog(cloud, parentName(run.name), run.name, task.index, attempt);
  state.attempts.put(task.name, attempt);
  try {
    const process = startTask(cloud, image, task, attempt, execution.taskCount, log);
    const ending = await untilEnd(
      process,
      Number(task.timeout?.seconds ?? 600) * 1000 + (task.timeout?.nanos ?? 0) / 1e6,
      run.cancelled.signal,
    );
    return describeEnd(ending, log);
  } catch (error) {
    return { succeeded: false, exitCode: 0, termSignal: 0, message: (error as Error).message };
  } finally {
    // A shutdown leaves the mark: the task was lost, and whoever starts next must know.
    if (run.cancelled.signal.reason !== 'shutdown') state.attempts.delete(task.name);
  }
}

function startTask(
  cloud: Cloud,
  image: ResolvedImage,
  task: Task,
  attempt: number,
  count: number,
  log: ContainerLog,
): ContainerProcess {
  const container = task.containers[0];
  if (!container) throw new Error('the task has no container');
  return startContainer({
    cloud,
    image,
    container,
    platformEnv: {
      CLOUD_RUN_JOB: shortName(task.job),
      CLOUD_RUN_EXECUTION: shortName(task.execution),
      CLOUD_RUN_TASK_INDEX: String(task.index),
      CLOUD_RUN_TASK_ATTEMPT: String(attempt),
      CLOUD_RUN_TASK_COUNT: String(count),
    },
    onLine: (stream, line) => log.line(stream, line),
  });
}

type End = { kind: 'exited'; exit: ContainerExit } | { kind: 'timeout' } | { kind: 'cancelled' };

async function untilEnd(process: ContainerProcess, timeoutMs: number, cancelled: AbortSignal): Promise<End> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<End>((resolve) => {
    timer = setTimeout(() => resolve({ kind: 'timeout' }), Math.min(timeoutMs, 2 ** 31 - 1));
  });
  const cancel = new Promise<End>((resolve) => {
    if (cancelled.aborted) resolve({ kind: 'cancelled' });
    else cancelled.addEventListener('abort', () => resolve({ kind: 'cancelled' }), { once: true });
  });
  const end = await Promise.race([process.exited.then((exit): End => ({ kind: 'exited', exit })), timeout, cancel]);
  clearTimeout(timer);
  if (end.kind !== 'exited')
    await process.stop(end.kind === 'timeout' || cancelled.reason === 'shutdown' ? 500 : cancelGraceMs);
  return end;
}

function describeEnd(end: End, log: ContainerLog): AttemptResult {
  if (end.kind === 'timeout') {
    log.system('ERROR', 'Terminating task because it has reached the maximum timeout.');
    return { succeeded: false, exitCode: 0, termSignal: 9, message: 'The configured timeout was reached.' };
  }
  if (end.kind === 'cancelled')
    return { succeeded: false, exitCode: 0, termSignal: 15, message: 'The execution was cancelled.' };
  const { code, signal } = end.exit;
  const succeeded = code === 0 && signal === null;
  log.system(
    succeeded ? 'INFO' : 'WARNING',
    signal ? `Container terminated on signal ${signal}.` : `Container called exit(${code}).`,
  );
  const termSignal = signal ? (signalNumbers[signal] ?? 0) : 0;
  return { succeeded, exitCode: code, termSignal, message: succeeded ? '' : 'The container exited with an error.' };
}
