import { Status } from 'google-gax';
import { finalFailure } from '../../failure.ts';
import { isEarlierAttempt, markerAnnotations, checkFence } from '../../fence.ts';
import { call } from '../call.ts';
import { isCode } from '../failure.ts';
import { follow, pause } from '../polling.ts';
import { ownContainer } from './container.ts';
import { withoutPlatformKeys } from './platform-keys.ts';
import { describeCondition, hasFailed, isSettled, waitForEnd, type Job } from './resources.ts';
import { mustReRead, maxRounds } from './service.ts';
import { findJob, type WriteContext } from './session.ts';

export interface JobWrite {
  name: string;
  /** The etag that the write is conditional on, besides the fence; absent for any. */
  expected?: string;
  change(job: Job): Job;
  /** Creates the job if there is none; absent if it must be there. */
  create?(): Promise<void>;
  /** True if a job that is not ready is written to as well. */
  inAnyState?: boolean;
}

/**
 * Makes one conditional write to the job, as fencedUpdate does to the service. Platform: Cloud Run Admin v2 UpdateJob
 * has an etag and no mask, so the whole job goes back as it was read.
 */
export async function fencedJobUpdate(write: WriteContext, what: JobWrite): Promise<Job> {
  for (let round = 1; ; round += 1) {
    const job = await findJob(write, what.name);
    try {
      if (!job) await createOrRefuse(what);
      else if (checkFence(`job ${what.name}`, job.annotations, write.marker) === 'ours')
        return await settledJob(write, what);
      else await update(write, job, what);
    } catch (error) {
      const exists = isCode(error, Status.ALREADY_EXISTS);
      if (!(exists || mustReRead(error)) || round >= maxRounds) throw error;
      await pause(write.signal);
    }
  }
}

async function createOrRefuse({ name, create }: JobWrite): Promise<void> {
  if (!create) throw finalFailure('Drifted', `job ${name} does not exist any more: somebody deleted it`);
  await create();
}

async function update(
  { clients, caller, marker, target }: WriteContext,
  job: Job,
  { name, expected, change }: JobWrite,
): Promise<void> {
  if (expected !== undefined && job.etag !== expected && !isEarlierAttempt(job.annotations, marker))
    throw jobDriftFailure(job, name, target);
  const annotations = { ...job.annotations, ...markerAnnotations(marker) };
  const changed = change(job);
  const next: Job = { ...job, ...changed, annotations: { ...annotations, ...changed.annotations }, etag: job.etag };
  await call(caller, `update job ${name}`, (options) => clients.jobs.updateJob({ job: writable(next) }, options));
}

/** Leaves keys of the platform's own out of a job that goes back as it was read: it refuses them in writes. */
export function writable(job: Job): Job {
  const { template } = job;
  return {
    ...job,
    labels: withoutPlatformKeys(job.labels),
    annotations: withoutPlatformKeys(job.annotations),
    ...(template && {
      template: {
        ...template,
        labels: withoutPlatformKeys(template.labels),
        annotations: withoutPlatformKeys(template.annotations),
      },
    }),
  };
}

/** Waits until the platform has taken the job in, and checks that nobody else wrote. */
async function settledJob(write: WriteContext, { name, inAnyState }: JobWrite): Promise<Job> {
  const job = await follow({
    read: async () => (await findJob(write, name)) ?? throwDeleted(name),
    ended: isSettled,
    tell: ({ terminalCondition }) => waitForEnd(`job ${name}`, terminalCondition),
    progress: write.progress,
    signal: write.signal,
  });
  if (checkFence(`job ${name}`, job.annotations, write.marker) === 'writable')
    throw jobDriftFailure(job, name, write.target);
  if (!inAnyState && hasFailed(job.terminalCondition))
    throw finalFailure('GateFailed', `job ${name} did not become ready: ${describeCondition(job.terminalCondition)}`);
  return job;
}

function throwDeleted(name: string): never {
  throw finalFailure('Drifted', `job ${name} was deleted while it was being changed`);
}

/** Makes the failure that somebody else wrote to the job, and says what it is now. */
export function jobDriftFailure(job: Job, name: string, target: WriteContext['target']): Error {
  const { image, command, args } = ownContainer(job.template?.template, target) ?? {};
  const runs = [...(command ?? []), ...(args ?? [])].join(' ');
  return finalFailure(
    'Drifted',
    `job ${name} was changed by somebody else since the previous step: its image is ${image ?? 'none'}, ` +
      `it runs ${runs || "the image's own program"}; last changed by ${job.lastModifier || 'unknown'}`,
  );
}

/** Names the field of a catalog entry that has the name of a job. */
export type JobField = 'migrationJob' | 'smokeJob' | 'evidenceJob';

export function nameOfJob(target: WriteContext['target'], field: JobField): string {
  const name = target[field];
  if (!name) throw finalFailure('BadRequest', `${target.service} has no ${field} in its catalog file`);
  return name;
}

/** Lists the jobs that Slipway writes to. */
export function jobsOf({ migrationJob, smokeJob, evidenceJob }: WriteContext['target']): string[] {
  return [migrationJob, smokeJob, evidenceJob].filter((name) => name !== undefined);
}

/** Stamps the fence on the jobs, too. A former holder's late run or update of one has an etag that no longer holds. */
export async function stampJobs(write: WriteContext): Promise<void> {
  await Promise.all(jobsOf(write.target).map((name) => stampJob(write, name)));
}

async function stampJob(write: WriteContext, name: string): Promise<void> {
  if (!(await findJob(write, name))) return;
  await fencedJobUpdate(write, { name, change: () => ({}), inAnyState: true });
}
