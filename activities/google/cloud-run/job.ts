import { Status } from 'google-gax';
import { finalFailure } from '../../failure.ts';
import { call } from '../call.ts';
import { isCode } from '../failure.ts';
import { follow, pause } from '../polling.ts';
import { isEarlierAttempt, markerAnnotations, checkFence } from './marks.ts';
import { describeCondition, hasFailed, isSettled, type Job } from './resources.ts';
import { mustReRead, maxRounds } from './service.ts';
import { findJob, type WriteContext } from './session.ts';

export interface JobWrite {
  name: string;
  /** The etag that the write is conditional on, besides the fence; absent means whatever is there now. */
  expected?: string;
  change(job: Job): Job;
  /** Creates the job where there is none; absent means that it must be there. */
  create?(): Promise<void>;
  /** A job that is not ready, for whatever reason, can still be written to. */
  inAnyState?: boolean;
}

/**
 * One conditional write to the job, as fencedUpdate does it for the service. Platform: Cloud Run Admin v2 UpdateJob
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
      const taken = isCode(error, Status.ALREADY_EXISTS);
      if (!(taken || mustReRead(error)) || round >= maxRounds) throw error;
      await pause(write.signal);
    }
  }
}

async function createOrRefuse({ name, create }: JobWrite): Promise<void> {
  if (!create) throw finalFailure('Drifted', `job ${name} does not exist any more: somebody deleted it`);
  await create();
}

async function update(
  { clients, caller, marker }: WriteContext,
  job: Job,
  { name, expected, change }: JobWrite,
): Promise<void> {
  if (expected !== undefined && job.etag !== expected && !isEarlierAttempt(job.annotations, marker))
    throw changedJob(job, name);
  const annotations = { ...job.annotations, ...markerAnnotations(marker) };
  const changed = change(job);
  const next: Job = { ...job, ...changed, annotations: { ...annotations, ...changed.annotations }, etag: job.etag };
  await call(caller, `update job ${name}`, (options) => clients.jobs.updateJob({ job: next }, options));
}

/** Waits until the platform has taken the job in. */
async function settledJob(write: WriteContext, { name, inAnyState }: JobWrite): Promise<Job> {
  const job = await follow({
    look: async () => (await findJob(write, name)) ?? gone(name),
    ended: isSettled,
    tell: (seen) => ({
      job: name,
      state: seen.terminalCondition?.state ?? 'unknown',
      message: seen.terminalCondition?.message ?? '',
    }),
    progress: write.progress,
    signal: write.signal,
  });
  if (checkFence(`job ${name}`, job.annotations, write.marker) === 'writable') throw changedJob(job, name);
  if (!inAnyState && hasFailed(job.terminalCondition))
    throw finalFailure('GateFailed', `job ${name} did not become ready: ${describeCondition(job.terminalCondition)}`);
  return job;
}

function gone(name: string): never {
  throw finalFailure('Drifted', `job ${name} was deleted while it was being changed`);
}

/** Somebody else wrote to the job: says what it is now. */
export function changedJob(job: Job, name: string): Error {
  const { image, command, args } = job.template?.template?.containers?.[0] ?? {};
  const runs = [...(command ?? []), ...(args ?? [])].join(' ');
  return finalFailure(
    'Drifted',
    `job ${name} is not as the step before left it: its image is ${image ?? 'none'}, it runs ${runs || "the image's own program"}; last changed by ${job.lastModifier || 'unknown'}`,
  );
}

export function nameOfJob(target: WriteContext['target']): string {
  if (!target.migrationJob)
    throw finalFailure('BadRequest', `${target.service} has no migrationJob in its catalog file`);
  return target.migrationJob;
}

/** The fence on the job, too: a former holder's run or update of it, sent late, has an etag that no longer holds. */
export async function stampJob(write: WriteContext): Promise<void> {
  const { migrationJob } = write.target;
  if (!migrationJob || !(await findJob(write, migrationJob))) return;
  await fencedJobUpdate(write, { name: migrationJob, change: () => ({}), inAnyState: true });
}
