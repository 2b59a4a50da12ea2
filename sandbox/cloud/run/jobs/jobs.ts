import { RpcError } from '../../server/errors.ts';
import type { Operation } from '../../core/operations.ts';
import type { Call } from '../../server/pipeline.ts';
import type { RpcService } from '../../server/rpc.ts';
import { unary } from '../../server/rpc.ts';
import { completeExecutionTemplate } from '../resources/defaults.ts';
import type { JobParts } from './executor.ts';
import { runMessage, runProtos } from '../resources/messages.ts';
import { caller, etagOf, newMetadata, nextMetadata, pendingStatus } from '../resources/metadata.ts';
import { checkParent, notFound } from '../resources/names.ts';
import { childPrefix, findResource, listPage } from '../resources/read.ts';
import type { ListRequest, NamedRequest } from '../resources/messages.ts';
import type { Job } from '../resources/resources.ts';
import { checkEtag, dryOperation } from '../resources/run-operations.ts';
import { checkId, Violations } from '../resources/validation.ts';
import { deleteResource, plain } from '../resources/write.ts';
import { acceptJob } from './job-reconciler.ts';
import { checkJob, checkToken, knownTokens } from './job-validation.ts';
import type { RunRequest } from './run-job.ts';
import { runJob } from './run-job.ts';
import { visibleJob } from './visibility.ts';

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

/** Serves google.cloud.run.v2.Jobs. */
export function jobsService(parts: JobParts): RpcService {
  const { cloud, state } = parts;
  const find = (name: string): Job => findResource(cloud, state.jobs, 'JOB', name);
  return {
    protos: runProtos,
    name: 'google.cloud.run.v2.Jobs',
    methods: {
      CreateJob: unary((request: CreateRequest, call) => createJob(parts, request, call)),
      UpdateJob: unary((request: UpdateRequest, call) => updateJob(parts, request, call)),
      DeleteJob: unary((request: NamedRequest, call) => deleteJob(parts, find(request.name), request, call)),
      RunJob: unary((request: RunRequest, call) => runJob(parts, find(request.name), request, call)),
      GetJob: unary((request: NamedRequest) => visibleJob(parts, find(request.name))),
      ListJobs: unary((request: ListRequest) =>
        listPage(
          'jobs',
          state.jobs.list(childPrefix(cloud, request, 'jobs')).map((job) => visibleJob(parts, job)),
          request,
        ),
      ),
    },
  };
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
  const wanted = knownTokens(cloud.world.now, plain(request.job as Job));
  const job: Job = {
    ...wanted,
    ...newMetadata(name, wanted.labels, wanted.annotations),
    ...pendingStatus(),
    ...settable(wanted),
    creator: caller,
    lastModifier: caller,
    executionCount: 0,
    latestCreatedExecution: null,
  };
  checkToken(state, job, undefined);
  job.etag = etagOf(cloud.world.now, job);
  if (request.validateOnly) return dryOperation(cloud, name, runMessage('Job', job));
  return acceptJob(parts, job, undefined, call);
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
  const wanted = knownTokens(cloud.world.now, plain(request.job as Job));
  const job: Job = {
    ...wanted,
    ...settable(wanted),
    ...pendingStatus(),
    ...nextMetadata(present),
    executionCount: present.executionCount,
    latestCreatedExecution: present.latestCreatedExecution,
  };
  checkToken(state, job, present);
  job.etag = etagOf(cloud.world.now, job);
  if (request.validateOnly) return dryOperation(cloud, name, runMessage('Job', job));
  return acceptJob(parts, job, present, call);
}

function deleteJob({ cloud, state, executor }: JobParts, job: Job, request: NamedRequest, call: Call): Operation {
  checkEtag(job.name, job.etag, request.etag);
  return deleteResource(cloud, 'Job', job, {
    request,
    call,
    remove: () => {
      state.jobs.delete(job.name);
      for (const execution of state.executions.list(`${job.name}/executions/`)) executor.forget(execution.name);
    },
  });
}

function settable(wanted: Job): Pick<Job, 'template' | 'launchStage'> {
  return {
    template: completeExecutionTemplate(wanted.template),
    launchStage: wanted.launchStage === 'LAUNCH_STAGE_UNSPECIFIED' ? 'GA' : wanted.launchStage,
  };
}
