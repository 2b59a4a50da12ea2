import { digestOrEmpty } from '../../../contract/artifact.ts';
import { isDeepStrictEqual } from 'node:util';
import { finalFailure } from '../../failure.ts';
import { authorOf, markerAnnotations } from '../../fence.ts';
import type { JobReady, SyncJobRequest } from '../../ports/target.ts';
import type { CloudRunEntry } from '../../../contract/catalog/targets/cloud-run.ts';
import { call } from '../call.ts';
import { imageOf, ownContainer, withOwnContainer } from './container.ts';
import { isRunAsked } from './execution-marks.ts';
import { jobDriftFailure, fencedJobUpdate, nameOfJob, type JobField } from './job.ts';
import { isRecordedBy, plannedSettings, recordBefore, recordSet } from './job-settings.ts';
import {
  mergedEnvironment,
  parentOf,
  secondsOf,
  shortName,
  type Container,
  type Job,
  type Revision,
} from './resources.ts';
import { pinSecrets } from './secrets.ts';
import { findJob, findRevision, findService, subStep, type WriteContext } from './session.ts';

/**
 * Gives the job the image, the command and the settings of the release, and reads it back (runbook 000, non-negotiable
 * invariant). A run is conditional on the etag afterwards.
 */
export async function syncJob(step: WriteContext, asked: SyncJobRequest, field: JobField): Promise<JobReady> {
  // In a step that syncs and runs, each has a mark of its own: both write to the job.
  const write = step.marker.step.startsWith('sync-') ? step : subStep(step, 'sync');
  const name = nameOfJob(write.target, field);
  const present = asked.run && (await findJob(write, name));
  if (asked.run && present && isRunAsked(present.annotations, asked.run)) return readyOf(present, name, write.target);
  const revision = await migratedRevision(write, asked);
  // The job reads what the service reads: its candidate, or its present template.
  const reader = revision ?? (await findService(write))?.template;
  const request = { ...asked, secrets: await pinSecrets(write, reader, asked.secrets) };
  const job = await fencedJobUpdate(write, {
    name,
    change: (present) => {
      requirePlannedSettings(present, write, asked, field);
      return {
        annotations: { ...recordBefore(present, write.marker.change), ...recordSet(field, asked) },
        template: syncedTemplate(present.template, request, write.target),
      };
    },
    create: () => createJob(write, name, request, { revision, annotations: recordSet(field, asked) }),
  });
  if (!isSynced(job, request, write.target)) throw jobDriftFailure(job, name, write.target);
  return readyOf(job, name, write.target);
}

function readyOf(job: Job, name: string, target: CloudRunEntry): JobReady {
  const digest = digestOrEmpty(imageOf(job.template?.template, target));
  return { version: job.etag ?? '', generation: String(job.generation ?? ''), digest, job: name };
}

/**
 * Requires that what a run takes from the job is what was approved, until this change has written its own to it. A job
 * without the mark that the change left when it entered was made, or made anew, by somebody since.
 */
function requirePlannedSettings(
  job: Job,
  { marker, target }: WriteContext,
  { expected }: SyncJobRequest,
  field: JobField,
): void {
  if (isRecordedBy(job.annotations, marker.change)) return;
  if (authorOf(job.annotations)?.change !== marker.change)
    throw finalFailure(
      'Drifted',
      `job ${shortName(job.name)} was made or replaced by somebody after this change had entered; ` +
        `last changed by ${job.lastModifier || 'unknown'}`,
    );
  if (expected === undefined) return;
  if (plannedSettings(field)(job, target) === expected) return;
  throw finalFailure(
    'Drifted',
    `job ${shortName(job.name)} is not what was planned: somebody has changed its variables, account, network, ` +
      `volumes or other settings; last changed by ${job.lastModifier || 'unknown'}`,
  );
}

/** Says whether the job, as it was read back, is what was asked for: a run would take exactly this. */
function isSynced(
  job: Job,
  { artifact, command, args, timeoutSeconds, variables, secrets }: SyncJobRequest,
  target: CloudRunEntry,
): boolean {
  const task = job.template?.template;
  const { args: present, env } = ownContainer(task, target) ?? {};
  const same = hasCommand(job, command, target) && isDeepStrictEqual(present ?? [], args);
  const isLimited = String(task?.timeout?.seconds ?? '') === String(timeoutSeconds) && job.template?.taskCount === 1;
  const values = new Map(env?.map((one) => [one.name, one.valueSource?.secretKeyRef?.version ?? one.value ?? '']));
  const hasSettings =
    Object.entries(variables).every(([name, value]) => values.get(name) === value) &&
    Object.entries(secrets).every(([name, { version }]) => values.get(name) === version);
  return (
    same &&
    isLimited &&
    hasSettings &&
    digestOrEmpty(imageOf(task, target)) === artifact.digest &&
    task?.maxRetries === 0
  );
}

/**
 * Finds the revision that the job is for, and checks that it has the same image (invariant I2). Before a
 * candidate is staged there is none.
 */
async function migratedRevision(
  write: WriteContext,
  { revision, artifact }: SyncJobRequest,
): Promise<Revision | undefined> {
  if (revision === null) return undefined;
  const found = await findRevision(write, revision);
  if (!found) throw finalFailure('Missing', `revision ${revision}, which the job is for, does not exist`);
  const image = imageOf(found, write.target);
  if (digestOrEmpty(image) !== artifact.digest)
    throw finalFailure(
      'Drifted',
      `revision ${revision} has image ${image}, not ${artifact.digest}: the job would run with another image`,
    );
  return found;
}

type Template = NonNullable<Job['template']>;

/**
 * Makes the job's template: one task and no retry by the platform, so a command runs once (invariant I1). Platform:
 * maxRetries is 3 by default.
 */
function syncedTemplate(
  present: Template | null | undefined,
  request: SyncJobRequest,
  target: CloudRunEntry,
): Template {
  return {
    ...present,
    taskCount: 1,
    template: {
      ...present?.template,
      maxRetries: 0,
      timeout: secondsOf(request.timeoutSeconds),
      containers: withOwnContainer('the job', present?.template, target, (own) => syncedContainer(own, request)),
    },
  };
}

function syncedContainer(
  container: Container,
  { artifact, command, args, variables, secrets }: SyncJobRequest,
): Container {
  return {
    ...container,
    image: artifact.image,
    command,
    args,
    env: mergedEnvironment(container.env, variables, secrets),
  };
}

/** Creates the job after the revision that it is for: its settings, secrets and identity. */
async function createJob(
  { clients, target, caller, marker }: WriteContext,
  jobId: string,
  request: SyncJobRequest,
  { revision, annotations }: { revision: Revision | undefined; annotations: Record<string, string> },
): Promise<void> {
  const { env, resources, volumeMounts } = ownContainer(revision, target) ?? {};
  const like: Template = {
    template: {
      containers: [{ env, volumeMounts, ...(resources?.limits && { resources: { limits: resources.limits } }) }],
      volumes: revision?.volumes,
      serviceAccount: revision?.serviceAccount,
      vpcAccess: revision?.vpcAccess,
    },
  };
  const job: Job = {
    annotations: { ...markerAnnotations(marker), ...annotations },
    template: syncedTemplate(like, request, target),
  };
  await call(caller, `create job ${jobId}`, (options) =>
    clients.jobs.createJob({ parent: parentOf(target), jobId, job }, options),
  );
}

/** Says whether the job's own program is that of the request. Only arguments can be given to one run. */
export function hasCommand(job: Job, command: string[], target: CloudRunEntry): boolean {
  return isDeepStrictEqual(ownContainer(job.template?.template, target)?.command ?? [], command);
}
