import { digestOrEmpty } from '../../../contract/artifact.ts';
import type { JobRun } from '../../../contract/live.ts';
import { finalFailure } from '../../failure.ts';
import type { RunJobRequest } from '../../ports/target.ts';
import { call } from '../call.ts';
import { follow } from '../polling.ts';
import { imageOf } from './container.ts';
import { carriesMarks, isCopy } from './execution-marks.ts';
import { startOrAdopt } from './execution-start.ts';
import {
  conditionOf,
  describeCondition,
  hasSucceeded,
  jobName,
  shortName,
  timeOf,
  type Execution,
} from './resources.ts';
import { findExecution, listExecutions, type WriteContext } from './session.ts';

/**
 * Runs the job's command once, and waits for its end (invariant I1). Two executions of one attempt are never a success:
 * a person has to look.
 */
export async function runJobOnce(write: WriteContext, request: RunJobRequest): Promise<JobRun> {
  const name = request.ready.job;
  const execution = await startOrAdopt(write, request);
  const run = await followToEnd(write, name, execution);
  await requireNoOther(write, request, execution);
  return run;
}

/** Requires that nothing else ran the command of this step, for the platform or for a person. */
async function requireNoOther(write: WriteContext, request: RunJobRequest, followed: string): Promise<void> {
  const { marker } = write;
  const { ready, earlier = [] } = request;
  const listed = await listExecutions(write, ready.job);
  const own = listed.find(({ name }) => shortName(name) === followed);
  // An execution of an earlier attempt is followed because a person has looked and said so.
  if (own && !carriesMarks(own, marker, [marker.attempt])) return;
  const attempts = earlier.map(({ attempt }) => attempt);
  const others = listed.filter(
    (each) =>
      each !== own &&
      (carriesMarks(each, marker, [marker.attempt]) || (carriesMarks(each, marker, attempts) && !isCopy(each))),
  );
  if (others.length === 0) return;
  const names = others.map((each) => `${shortName(each.name)} (by ${each.creator || 'unknown'})`).join(', ');
  throw finalFailure(
    'Unknown',
    `the command of this step ran more than once: besides ${followed} there is ${names}. Look at what both have done ` +
      `before you decide: a retry takes ${followed} for the run of this step`,
  );
}

/** Follows the execution to its end. A cancellation stops the watching and never the migration. */
async function followToEnd(write: WriteContext, job: string, name: string): Promise<JobRun> {
  const execution = await follow({
    read: async () => (await findExecution(write, job, name)) ?? throwDeleted(name),
    ended: ({ completionTime }) => timeOf(completionTime) !== '',
    tell: ({ runningCount, succeededCount, failedCount }) => ({
      execution: name,
      running: runningCount ?? 0,
      succeeded: succeededCount ?? 0,
      failed: failedCount ?? 0,
    }),
    progress: write.progress,
    signal: write.signal,
  });
  const outcome = outcomeOf(execution);
  return {
    execution: name,
    outcome,
    digest: digestOrEmpty(imageOf(execution.template, write.target)),
    taskAttempts: await countAttempts(write, job, name, execution),
    reason: outcome === 'succeeded' ? '' : describeCondition(conditionOf(execution, 'Completed')),
    startedAt: timeOf(execution.startTime) || timeOf(execution.createTime),
    endedAt: timeOf(execution.completionTime),
  };
}

function throwDeleted(execution: string): never {
  throw finalFailure('Unknown', `execution ${execution} was deleted while it ran, so nobody can say how it ended`);
}

/** Says how an execution ended. */
export function outcomeOf(execution: Execution): JobRun['outcome'] {
  const completed = conditionOf(execution, 'Completed');
  if (hasSucceeded(completed) && (execution.succeededCount ?? 0) > 0) return 'succeeded';
  return (execution.cancelledCount ?? 0) > 0 || completed?.executionReason === 'CANCELLED' ? 'cancelled' : 'failed';
}

async function countAttempts(
  { clients, target, caller }: WriteContext,
  job: string,
  name: string,
  execution: Execution,
): Promise<number> {
  const parent = `${jobName(target, job)}/executions/${name}`;
  const tasks = await call(caller, `list the tasks of ${name}`, (options) =>
    clients.tasks.listTasks({ parent }, { ...options, autoPaginate: false }),
  );
  if (tasks.length === 0) return (execution.taskCount ?? 1) + (execution.retriedCount ?? 0);
  return tasks.reduce((sum, { retried }) => sum + 1 + (retried ?? 0), 0);
}
