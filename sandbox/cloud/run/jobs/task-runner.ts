import type { RunParts } from '../resources/collections.ts';
import { change } from '../resources/collections.ts';
import { condition, now, withConditions } from '../resources/metadata.ts';
import type { Task } from '../resources/resources.ts';
import type { RunningExecution } from './running-execution.ts';
import type { AttemptResult } from './task-attempt.ts';
import { failed, runAttempt } from './task-attempt.ts';

/**
 * Runs one task to its end. Attempts go on until one succeeds, the retries are used up, or the execution is cancelled.
 */
export async function runTask(parts: RunParts, run: RunningExecution, task: Task): Promise<void> {
  const { state } = parts;
  const lost = state.attempts.get(task.name);
  let attempt = lost ?? 0;
  if (lost !== undefined) {
    state.attempts.delete(task.name);
    const result = failed('The task was lost with the instance that ran it.', 'SIGKILL');
    if (!retries(parts, run, task, attempt, result)) return finishTask(parts, run, task, result);
    attempt += 1;
  }
  markStarted(parts, run, task);
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

function markStarted({ state }: RunParts, run: RunningExecution, task: Task): void {
  change(state.tasks, task.name, (present) => ({
    ...present,
    startTime: present.startTime ?? now(),
    conditions: withConditions(present.conditions, [
      condition('Started', 'CONDITION_SUCCEEDED'),
      condition('Completed', 'CONDITION_RECONCILING'),
    ]),
  }));
  run.update((execution) => ({ ...execution, runningCount: execution.runningCount + 1 }));
}

function countDown(run: RunningExecution): void {
  run.update((execution) => ({ ...execution, runningCount: Math.max(0, execution.runningCount - 1) }));
}

/** Records a failed attempt, and decides whether there is another one. */
function retries(parts: RunParts, run: RunningExecution, task: Task, attempt: number, result: AttemptResult): boolean {
  recordAttempt(parts, task, result);
  if (attempt >= task.maxRetries) return false;
  change(parts.state.tasks, task.name, (present) => ({ ...present, retried: attempt + 1 }));
  run.update((execution) => ({ ...execution, retriedCount: execution.retriedCount + 1 }));
  return true;
}

function recordAttempt(parts: RunParts, task: Task, result: AttemptResult): void {
  const status = { code: result.succeeded ? 0 : 2, message: result.message };
  change(parts.state.tasks, task.name, (present) => ({
    ...present,
    lastAttemptResult: { status, exitCode: result.exitCode, termSignal: result.termSignal },
    updateTime: now(),
  }));
}

function finishTask(parts: RunParts, run: RunningExecution, task: Task, result: AttemptResult): void {
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
  run.update((execution) => ({
    ...execution,
    succeededCount: execution.succeededCount + (result.succeeded ? 1 : 0),
    failedCount: execution.failedCount + (result.succeeded ? 0 : 1),
  }));
}
