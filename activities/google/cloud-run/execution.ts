import { digestOrEmpty } from '../../../contract/artifact.ts';
import type { Marker } from '../../../contract/fence.ts';
import { formatFence } from '../../../contract/fence.ts';
import type { JobRun } from '../../../contract/live.ts';
import { finalFailure } from '../../failure.ts';
import { checkFence } from '../../fence.ts';
import type { RunJobRequest } from '../../ports/target.ts';
import { call } from '../call.ts';
import { follow, pause } from '../polling.ts';
import { imageOf, ownContainer, withOwnContainer } from './container.ts';
import { jobDriftFailure, fencedJobUpdate } from './job.ts';
import { hasCommand } from './migration.ts';
import {
  conditionOf,
  describeCondition,
  hasSucceeded,
  jobName,
  shortName,
  timeOf,
  type Execution,
  type Job,
} from './resources.ts';
import { mustReRead } from './service.ts';
import { findExecution, findJob, listExecutions, type WriteContext } from './session.ts';

/** Annotation of a job: the number of its executions when its command was set for one run. */
const executionsAnnotation = 'slipway.dev/executions';

/** Reads after which an execution that may be there but is not listed counts as unknown: about five seconds. */
const maxReads = 16;

/**
 * Runs the job's command once (invariant I1). The call carries the job's etag, and a run changes it. So of all calls
 * for it, lost, late or repeated, at most one applies. Its execution carries our marker, by which it is found.
 * Platform: Cloud Run Admin v2 RunJob (etag, overrides).
 */
export async function runJobOnce(write: WriteContext, request: RunJobRequest): Promise<JobRun> {
  const name = request.ready.job;
  const execution = await startOrAdopt(write, request, name);
  return followToEnd(write, name, execution);
}

async function startOrAdopt(write: WriteContext, request: RunJobRequest, name: string): Promise<string> {
  for (let read = 1; ; read += 1) {
    const job = await findJob(write, name);
    if (!job) throw finalFailure('Drifted', `job ${name} does not exist any more: somebody deleted it`);
    const own = await ownExecution(write, request, job, name);
    if (own) return own;
    const version = await runnableVersion(write, request, job, name);
    try {
      if (version !== undefined)
        return await start(write, request, { etag: version, container: ownName(job, write.target) }, name);
    } catch (error) {
      if (!mustReRead(error) || read >= maxReads) throw error;
    }
    if (read >= maxReads) throw unknownRunFailure(job, name);
    write.progress({ job: name, waitingFor: 'the result of the call that runs it' });
    await pause(write.signal);
  }
}

/**
 * Finds the execution with our marker, or that of an earlier attempt whose outcome nobody saw: the job's newest, or one
 * of the list if somebody ran the job after us.
 */
async function ownExecution(
  write: WriteContext,
  { ready, earlier = [] }: RunJobRequest,
  job: Job,
  name: string,
): Promise<string | undefined> {
  const newest = shortName(job.latestCreatedExecution?.name);
  if (newest === '') return undefined;
  const execution = await findExecution(write, name, newest);
  const attempts = [write.marker.attempt, ...earlier.map(({ attempt }) => attempt)];
  if (execution && isMarked(execution, write.marker, attempts)) return newest;
  if (job.etag === ready.version && earlier.length === 0) return undefined;
  const listed = (await listExecutions(write, name)).find((each) => isMarked(each, write.marker, attempts));
  return listed && shortName(listed.name);
}

function isMarked(execution: Execution, { change, step }: Marker, attempts: readonly number[]): boolean {
  const env = new Map(
    (execution.template?.containers ?? []).flatMap(
      ({ env }) => env?.map(({ name, value }) => [name, value] as const) ?? [],
    ),
  );
  return (
    env.get('SLIPWAY_CHANGE') === change &&
    env.get('SLIPWAY_STEP') === step &&
    attempts.map(String).includes(env.get('SLIPWAY_ATTEMPT') ?? '')
  );
}

/** Answers the etag to run with; undefined while a changed etag may mean a run of ours that is not visible yet. */
async function runnableVersion(
  write: WriteContext,
  request: RunJobRequest,
  job: Job,
  name: string,
): Promise<string | undefined> {
  const written = checkFence(`job ${name}`, job.annotations, write.marker) === 'ours';
  const sameImage = digestOrEmpty(imageOf(job.template?.template, write.target)) === request.artifact.digest;
  if (written && sameImage && hasCommand(job, request.command, write.target)) {
    return job.annotations?.[executionsAnnotation] === String(job.executionCount ?? 0) ? (job.etag ?? '') : undefined;
  }
  if (job.etag === request.ready.version)
    return hasCommand(job, request.command, write.target) ? request.ready.version : giveCommand(write, request, name);
  if (!sameImage || (!written && !hasCommand(job, request.command, write.target)))
    throw jobDriftFailure(job, name, write.target);
  return undefined;
}

/** Gives the job the command first, on the same etag. Overrides of a run cannot change the program. */
async function giveCommand(
  write: WriteContext,
  { ready, command, args, artifact }: RunJobRequest,
  name: string,
): Promise<string> {
  const job = await fencedJobUpdate(write, {
    name,
    expected: ready.version,
    change: ({ template, executionCount }) => {
      const task = template?.template;
      const containers = withOwnContainer(`job ${name}`, task, write.target, (own) => ({ ...own, command, args }));
      return {
        annotations: { [executionsAnnotation]: String(executionCount ?? 0) },
        template: { ...template, template: { ...template?.template, containers } },
      };
    },
  });
  if (digestOrEmpty(imageOf(job.template?.template, write.target)) !== artifact.digest)
    throw jobDriftFailure(job, name, write.target);
  return job.etag ?? '';
}

async function start(
  { clients, target, caller, marker }: WriteContext,
  request: RunJobRequest,
  version: { etag: string; container: string },
  name: string,
): Promise<string> {
  const { change, step, attempt, fence } = marker;
  const values = {
    SLIPWAY_CHANGE: change,
    SLIPWAY_STEP: step,
    SLIPWAY_ATTEMPT: String(attempt),
    SLIPWAY_FENCE: formatFence(fence),
  };
  const env = Object.entries(values).map(([key, value]) => ({ name: key, value }));
  const { etag, container } = version;
  const containerOverrides = [
    { name: container, env, ...(request.args.length > 0 ? { args: request.args } : { clearArgs: true }) },
  ];
  const run = {
    name: jobName(target, name),
    etag,
    overrides: { containerOverrides, timeout: { seconds: request.timeoutSeconds } },
  };
  const operation = await call(caller, `run job ${name}`, (options) => clients.jobs.runJob(run, options));
  return shortName((operation.metadata as Execution | null)?.name) || throwUnnamed(name);
}

/** Names the container that a run overrides; one that is alone may have no name. */
function ownName({ template }: Job, target: WriteContext['target']): string {
  return ownContainer(template?.template, target)?.name ?? '';
}

function throwUnnamed(job: string): never {
  throw finalFailure('Unknown', `job ${job} was run, but the answer does not name the execution`);
}

function unknownRunFailure(job: Job, name: string): Error {
  const newest = shortName(job.latestCreatedExecution?.name) || 'none';
  return finalFailure(
    'Unknown',
    `somebody changed or ran job ${name} after this change set its image, and no execution of this step was found ` +
      `(the newest is ${newest}): look at the executions of the job before you decide`,
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
