import { RpcError } from '../../core/errors.ts';
import type { Operation } from '../../core/operations.ts';
import { paginate } from '../../core/pages.ts';
import type { Call } from '../../core/pipeline.ts';
import type { RpcService } from '../../core/rpc.ts';
import { unary } from '../../core/rpc.ts';
import { pause } from '../../core/tempo.ts';
import { change } from '../resources/collections.ts';
import { completeExecutionTemplate } from '../resources/defaults.ts';
import type { Executor, ExecutorParts } from './executor.ts';
import { followExecution } from './execution-operations.ts';
import { runMessage, runProtos } from '../resources/messages.ts';
import { condition, creator, newEtag, newMetadata, now } from '../resources/metadata.ts';
import { checkParent, locationName, notFound, randomSuffix, shortName } from '../resources/names.ts';
import { applyOverrides } from './overrides.ts';
import type { Overrides } from './overrides.ts';
import type { Condition, Execution, Job } from '../resources/resources.ts';
import { checkEtag, concludingOperation, dryOperation } from '../resources/run-operations.ts';
import { newExecution } from './execution-lifecycle.ts';
import { checkJob, checkToken, newToken } from './job-validation.ts';
import { checkId, Violations } from '../resources/validation.ts';
import type { ListRequest, NamedRequest } from '../resources/requests.ts';

export interface JobParts extends ExecutorParts {
  executor: Executor;
}

interface CreateRequest {
  parent: string;
  job: Job | null;
  jobId: string;
  validateOnly: boolean;
}

interface UpdateRequest {
  job: Job | null;
  validateOnly: boolean;
  allowMissing: boolean;
}

/** google.cloud.run.v2.Jobs */
export function jobsService(parts: JobParts): RpcService {
  const { cloud, state } = parts;
  return {
    protos: runProtos,
    name: 'google.cloud.run.v2.Jobs',
    methods: {
      CreateJob: unary((request: CreateRequest, call) => createJob(parts, request, call)),
      UpdateJob: unary((request: UpdateRequest, call) => updateJob(parts, request, call)),
      DeleteJob: unary((request: NamedRequest, call) => deleteJob(parts, request, call)),
      RunJob: unary((request: NamedRequest & { overrides: Overrides | null }, call) => runJob(parts, request, call)),
      GetJob: unary((request: { name: string }) => findJob(parts, request.name)),
      ListJobs: unary((request: ListRequest) => {
        const page = paginate(state.jobs.list(`${checkParent(cloud, request.parent)}/jobs/`), request);
        return { jobs: page.items, nextPageToken: page.nextPageToken };
      }),
    },
  };
}

function findJob({ cloud, state }: JobParts, name: string): Job {
  const job = state.jobs.get(name);
  if (!job) throw notFound(cloud, 'JOB', name);
  return job;
}

function createJob(parts: JobParts, request: CreateRequest, call: Call): Operation {
  const { cloud, state } = parts;
  const parent = checkParent(cloud, request.parent);
  const violations = new Violations();
  checkId(violations, 'job_id', request.jobId);
  checkJob(violations, request.job);
  violations.throwIfAny();
  const name = `${parent}/jobs/${request.jobId}`;
  if (state.jobs.get(name)) throw new RpcError('ALREADY_EXISTS', `Resource '${request.jobId}' already exists.`);
  const wanted = plain(request.job as Job);
  const job: Job = {
    ...wanted,
    ...newMetadata(name, wanted.labels, wanted.annotations),
    ...pendingStatus(),
    ...settable(wanted),
    creator,
    lastModifier: creator,
    executionCount: 0,
    latestCreatedExecution: null,
  };
  checkToken(state, job, undefined);
  if (request.validateOnly) return dryOperation(cloud, name, runMessage('Job', job));
  return accept(parts, job, undefined, call, 'created');
}

function updateJob(parts: JobParts, request: UpdateRequest, call: Call): Operation {
  const { cloud, state } = parts;
  const name = request.job?.name ?? '';
  const present = state.jobs.get(name);
  if (!present) {
    if (!request.allowMissing) throw notFound(cloud, 'JOB', name);
    const [parent = '', jobId = ''] = name.split('/jobs/');
    return createJob(parts, { parent, jobId, job: request.job, validateOnly: request.validateOnly }, call);
  }
  checkEtag(name, present.etag, request.job?.etag ?? '');
  const violations = new Violations();
  checkJob(violations, request.job);
  violations.throwIfAny();
  const wanted = plain(request.job as Job);
  const job: Job = {
    ...wanted,
    ...settable(wanted),
    ...pendingStatus(),
    name,
    uid: present.uid,
    createTime: present.createTime,
    creator: present.creator,
    generation: String(Number(present.generation) + 1),
    observedGeneration: present.observedGeneration,
    updateTime: now(),
    deleteTime: null,
    etag: newEtag(),
    lastModifier: creator,
    executionCount: present.executionCount,
    latestCreatedExecution: present.latestCreatedExecution,
  };
  checkToken(state, job, present);
  if (request.validateOnly) return dryOperation(cloud, name, runMessage('Job', job));
  return accept(parts, job, present, call, 'updated');
}

/** Stores the job; a new execution token starts its execution with the very same write. */
function accept(
  parts: JobParts,
  job: Job,
  before: Job | undefined,
  call: Call,
  effect: 'created' | 'updated',
): Operation {
  const { cloud, state } = parts;
  state.jobs.put(job.name, job);
  call.effect(effect, job.name);
  const token = newToken(job, before);
  const execution =
    token === undefined
      ? undefined
      : startExecution(parts, job, `${job.name}/executions/${shortName(job.name)}-${token}`, null);
  if (execution) call.effect('started', execution.name);
  const present = state.jobs.get(job.name) ?? job;
  const operation = cloud.operations.create({
    parent: locationName(cloud),
    kind: 'run.job',
    target: job.name,
    metadata: runMessage('Job', present),
  });
  void settleJob(parts, job.name, job.generation, operation.name, job.runExecutionToken ? execution : undefined);
  return operation;
}

/** Follows an accepted change of a job: its image and secrets must be there for it to be ready. */
export async function settleJob(
  parts: JobParts,
  name: string,
  generation: string,
  operation: string,
  awaited?: Execution,
): Promise<void> {
  const { cloud, state, executor } = parts;
  const { operationMs } = cloud.tempo;
  await pause(operationMs * 0.3);
  const write = (ready: Condition, rest: Partial<Job> = {}): Job | undefined =>
    change(state.jobs, name, (job) =>
      job.generation === generation ? { ...job, ...rest, terminalCondition: ready } : job,
    );
  write(condition('Ready', 'CONDITION_RECONCILING'));
  await pause(operationMs * 0.7);
  if (awaited) await executor.finished(awaited.name);
  const image = state.jobs.get(name)?.template.template.containers[0]?.image ?? '';
  const missing = cloud.images.resolve(image) === undefined;
  const message = `Image '${image}' not found.`;
  const ready = missing
    ? condition('Ready', 'CONDITION_FAILED', { message, reason: 'CONTAINER_MISSING' })
    : condition('Ready', 'CONDITION_SUCCEEDED');
  const job = write(ready, { reconciling: false, observedGeneration: generation });
  if (!job) cloud.operations.fail(operation, { code: 'NOT_FOUND', message: `Job '${shortName(name)}' was deleted.` });
  else if (missing) cloud.operations.fail(operation, { code: 'NOT_FOUND', message });
  else cloud.operations.complete(operation, runMessage('Job', job));
}

function deleteJob(parts: JobParts, request: NamedRequest, call: Call): Operation {
  const { cloud, state, executor } = parts;
  const job = findJob(parts, request.name);
  checkEtag(job.name, job.etag, request.etag);
  const deleted = { ...job, deleteTime: now() };
  if (request.validateOnly) return dryOperation(cloud, job.name, runMessage('Job', deleted));
  state.jobs.delete(job.name);
  for (const execution of state.executions.list(`${job.name}/executions/`)) executor.forget(execution.name);
  call.effect('deleted', job.name);
  return concludingOperation(cloud, job.name, runMessage('Job', deleted));
}

function runJob(parts: JobParts, request: NamedRequest & { overrides: Overrides | null }, call: Call): Operation {
  const { cloud } = parts;
  const job = findJob(parts, request.name);
  checkEtag(job.name, job.etag, request.etag);
  // The name is chosen before the answer, and so the caller knows it from the operation's metadata at once.
  const name = `${job.name}/executions/${shortName(job.name)}-${randomSuffix(5)}`;
  if (request.validateOnly)
    return dryOperation(
      cloud,
      name,
      runMessage('Execution', newExecution(cloud, job, applyOverrides(job, request.overrides), name)),
    );
  const execution = startExecution(parts, job, name, request.overrides);
  call.effect('started', execution.name);
  return followExecution(parts, execution);
}

/** One synchronous step: the execution exists, and the job says so with a new etag. */
function startExecution(parts: JobParts, job: Job, name: string, overrides: Overrides | null): Execution {
  const { cloud, state, executor } = parts;
  const execution = newExecution(cloud, job, applyOverrides(job, overrides), name);
  state.executions.put(name, execution);
  change(state.jobs, job.name, (present): Job => ({
    ...present,
    etag: newEtag(),
    updateTime: now(),
    executionCount: present.executionCount + 1,
    latestCreatedExecution: {
      name: shortName(name),
      createTime: execution.createTime,
      completionTime: null,
      deleteTime: null,
      completionStatus: 'EXECUTION_RUNNING',
    },
  }));
  executor.start(execution);
  return execution;
}

function pendingStatus() {
  return { reconciling: true, terminalCondition: condition('Ready', 'CONDITION_PENDING'), conditions: [] };
}

function settable(wanted: Job): Pick<Job, 'template' | 'launchStage'> {
  return {
    template: completeExecutionTemplate(wanted.template),
    launchStage: wanted.launchStage === 'LAUNCH_STAGE_UNSPECIFIED' ? 'GA' : wanted.launchStage,
  };
}

function plain(job: Job): Job {
  return JSON.parse(JSON.stringify(job)) as Job;
}

/** After a restart: goes on with what was being changed. */
export function resumeJobs(parts: JobParts): void {
  const { cloud, state } = parts;
  for (const operation of cloud.operations.pending('run.job')) {
    const job = state.jobs.get(operation.target);
    void settleJob(parts, operation.target, job?.generation ?? '', operation.name);
  }
}
