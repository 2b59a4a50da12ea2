import { EventEmitter, once } from 'node:events';
import { pause } from '../../server/tempo.ts';
import { change } from '../resources/collections.ts';
import type { RunParts, RunState } from '../resources/collections.ts';
import type { Ending } from './execution-lifecycle.ts';
import { endExecution, newTask } from './execution-lifecycle.ts';
import { condition, now, toMillis, withConditions } from '../resources/metadata.ts';
import { pinImage, resolveImage } from '../containers/pinned-images.ts';
import type { Execution, Task } from '../resources/resources.ts';
import type { RunningExecution } from './running-execution.ts';
import { runTask } from './task-runner.ts';

/** Runs executions: their tasks as real processes, with retries, timeouts, counts and conditions. */
export interface Executor {
  /** Starts an execution, or goes on with one that an earlier process left. */
  start(execution: Execution): void;
  finished(name: string): Promise<void>;
  onChange(name: string, listener: (execution: Execution) => void): () => void;
  cancel(name: string): void;
  /** Ends an execution's processes and removes all that is kept of it. */
  forget(name: string): void;
  stopAll(): Promise<void>;
}

/** The ground of jobs, executions and tasks. */
export interface JobParts extends RunParts {
  executor: Executor;
}

/** Two cores do not run a hundred tasks at once. */
const maxTasksAtOnce = 8;

export function createExecutor(parts: RunParts): Executor {
  const { state } = parts;
  const running = new Map<string, RunningExecution & { done: Promise<void> }>();
  const changes = new EventEmitter().setMaxListeners(0);

  const begin = (execution: Execution): void => {
    const { name } = execution;
    const run: RunningExecution = {
      name,
      cancelled: new AbortController(),
      update: (edit) => {
        const changed = change(state.executions, name, (present) => ({ ...edit(present), updateTime: now() }));
        if (changed) changes.emit(name, changed);
      },
    };
    const done = runExecution(parts, run, execution)
      .catch((error: unknown) => {
        endExecution(state, name, {
          status: 'EXECUTION_FAILED',
          details: { message: (error as Error).message, reason: 'INTERNAL' },
        });
      })
      .finally(() => {
        running.delete(name);
        changes.emit(`${name} finished`);
      });
    running.set(name, { ...run, done });
  };

  return {
    start: begin,
    finished: async (name) => {
      if (running.has(name)) await once(changes, `${name} finished`);
    },
    onChange: (name, listener) => {
      changes.on(name, listener);
      return () => void changes.off(name, listener);
    },
    cancel: (name) => running.get(name)?.cancelled.abort(),
    forget: (name) => {
      running.get(name)?.cancelled.abort();
      state.executions.delete(name);
      for (const task of state.tasks.list(`${name}/tasks/`)) state.tasks.delete(task.name);
    },
    stopAll: async () => {
      const ending = [...running.values()];
      for (const run of ending) run.cancelled.abort('shutdown');
      await Promise.all(ending.map((run) => run.done));
    },
  };
}

async function runExecution(parts: RunParts, run: RunningExecution, execution: Execution): Promise<void> {
  const { cloud, state } = parts;
  const { operationMs } = cloud.tempo;
  const until = (share: number): Promise<void> =>
    pause(toMillis(execution.createTime) + operationMs * share - Date.now());
  await until(0.25);
  const image = execution.template.containers[0]?.image ?? '';
  const resolved = resolveImage(parts, run.name, image);
  if (!resolved) {
    await until(1);
    return endExecution(state, run.name, {
      status: 'EXECUTION_FAILED',
      details: { message: `Image '${image}' not found.`, reason: 'CONTAINER_MISSING' },
    });
  }
  pinImage(state, run.name, image, resolved.digest);
  markStarted(run);
  await runTasks(parts, run, openTasks(state, run.name));
  if (run.cancelled.signal.reason === 'shutdown') return;
  if (!run.cancelled.signal.aborted) await until(1);
  endExecution(state, run.name, endingOf(state, run));
}

function markStarted(run: RunningExecution): void {
  run.update((execution) => ({
    ...execution,
    startTime: execution.startTime ?? now(),
    conditions: withConditions(execution.conditions, [
      condition('ResourcesAvailable', 'CONDITION_SUCCEEDED'),
      condition('Started', 'CONDITION_SUCCEEDED', { message: 'Started deployed execution.' }),
      condition('Completed', 'CONDITION_RECONCILING'),
    ]),
  }));
}

/** Lists an execution's tasks that have not ended, and makes those that are missing. */
function openTasks(state: RunState, name: string): Task[] {
  const execution = state.executions.get(name);
  if (!execution) return [];
  for (let index = 0; index < execution.taskCount; index += 1) {
    const task = newTask(execution, index);
    if (!state.tasks.get(task.name)) state.tasks.put(task.name, task);
  }
  return state.tasks
    .list(`${name}/tasks/`)
    .filter((task) => task.completionTime === null)
    .toSorted((left, right) => left.index - right.index);
}

async function runTasks(parts: RunParts, run: RunningExecution, tasks: Task[]): Promise<void> {
  const waiting = [...tasks];
  const parallelism = parts.state.executions.get(run.name)?.parallelism ?? 1;
  const lane = async (): Promise<void> => {
    for (let task = waiting.shift(); task && !run.cancelled.signal.aborted; task = waiting.shift())
      await runTask(parts, run, task);
  };
  await Promise.all(Array.from({ length: Math.min(parallelism, tasks.length, maxTasksAtOnce) }, lane));
}

function endingOf(state: RunState, run: RunningExecution): Ending {
  const tasks = state.tasks.list(`${run.name}/tasks/`);
  if (run.cancelled.signal.aborted) return cancelledEnding(state, run, tasks);
  const failed = tasks.find((task) =>
    task.conditions.some((each) => each.type === 'Completed' && each.state === 'CONDITION_FAILED'),
  );
  if (!failed) return { status: 'EXECUTION_SUCCEEDED', details: { message: 'Execution completed successfully.' } };
  const why = failed.lastAttemptResult?.status?.message ?? '';
  return {
    status: 'EXECUTION_FAILED',
    details: {
      message: `Task ${failed.name.split('/').at(-1)} failed with message: ${why}`,
      executionReason: 'NON_ZERO_EXIT_CODE',
    },
  };
}

function cancelledEnding(state: RunState, run: RunningExecution, tasks: Task[]): Ending {
  const details = { message: 'The execution was cancelled.', executionReason: 'CANCELLED' };
  const open = tasks.filter((task) => task.completionTime === null);
  for (const task of open) {
    change(state.tasks, task.name, (present) => ({
      ...present,
      reconciling: false,
      completionTime: now(),
      conditions: withConditions(present.conditions, [condition('Completed', 'CONDITION_FAILED', details)]),
    }));
  }
  const execution = state.executions.get(run.name);
  run.update((present) => ({
    ...present,
    cancelledCount: (execution?.taskCount ?? 0) - present.succeededCount - present.failedCount,
  }));
  return { status: 'EXECUTION_CANCELLED', details };
}
