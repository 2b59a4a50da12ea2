import { digestOrEmpty } from '../../../contract/artifact.ts';
import type { JobRun } from '../../../contract/live.ts';
import { checkFence, isWriteOf, markerAnnotations } from '../../fence.ts';
import { finalFailure } from '../../failure.ts';
import type { RunJobRequest } from '../../ports/target.ts';
import { isOutcomeUnknown, isOutdated } from '../failure.ts';
import { withValueAt, type Manifest } from '../manifests/manifest.ts';
import { findJob, type JobObject, type WriteContext } from '../session.ts';
import { followJob } from './follow-job.ts';
import { imageOfJob } from './prepare.ts';

/** Writes that start again after somebody else wrote in between, before Temporal repeats the activity. */
const maxRounds = 8;

/**
 * Starts the prepared Job and waits for its end (invariant I1). Starting it is one conditional write that ends its
 * suspension and leaves our marker, so that of all calls for it at most one applies; a repeat finds the marker.
 */
export async function runJobOnce(write: WriteContext, request: RunJobRequest): Promise<JobRun> {
  const job = (await startedEarlier(write, request)) ?? (await startOrAdopt(write, request));
  return followJob(write, job);
}

/** Finds the Job that an earlier attempt has started, and whose outcome nobody saw. */
async function startedEarlier(write: WriteContext, { earlier = [] }: RunJobRequest): Promise<JobObject | undefined> {
  for (const { attempt, ready } of earlier.toReversed()) {
    const marker = { ...write.marker, attempt };
    for (const name of [ready.job, copyName(ready.job, marker)]) {
      const job = await findJob(write, name);
      if (job && isStartedBy(job, marker)) return job;
    }
  }
  return undefined;
}

async function startOrAdopt(write: WriteContext, request: RunJobRequest): Promise<JobObject> {
  const { job: name } = request.ready;
  for (let round = 1; ; round += 1) {
    const prepared = await findPrepared(write, request);
    const job = isUsed(prepared, write) ? await prepareAgain(write, prepared) : prepared;
    if (isStartedBy(job, write.marker)) return job;
    checkFence(`Job ${job.metadata.name}`, job.metadata.annotations, write.marker);
    write.progress({ job: job.metadata.name, action: 'start' });
    try {
      return await start(write, job);
    } catch (error) {
      if (!(isOutdated(error) || isOutcomeUnknown(error)) || round >= maxRounds) throw error;
      write.progress({ job: name, waitingFor: 'what became of the call that starts it' });
    }
  }
}

async function findPrepared(write: WriteContext, { ready, artifact }: RunJobRequest): Promise<JobObject> {
  const job = await findJob(write, ready.job);
  if (!job) throw finalFailure('Drifted', `Job ${ready.job} does not exist any more: somebody deleted it`);
  if (job.metadata.uid !== ready.version)
    throw finalFailure('Drifted', `Job ${ready.job} is another one than the one that was prepared`);
  if (digestOrEmpty(imageOfJob(job)) !== artifact.digest)
    throw finalFailure('Drifted', `Job ${ready.job} has another image than the one that was prepared`);
  return job;
}

/** Says whether an earlier attempt has started the prepared Job; a Job runs once, so a person's retry needs another. */
function isUsed(job: JobObject, { marker }: WriteContext): boolean {
  return job.spec?.suspend !== true && !isWriteOf(job.metadata.annotations, marker);
}

function isStartedBy(job: JobObject, marker: WriteContext['marker']): boolean {
  return job.spec?.suspend !== true && isWriteOf(job.metadata.annotations, marker);
}

function copyName(used: string, { attempt }: WriteContext['marker']): string {
  return `${used}-r${attempt}`;
}

/** Makes the Job of a further attempt from the one that was used, under a name of its own. */
async function prepareAgain(write: WriteContext, used: JobObject): Promise<JobObject> {
  const { objects, marker } = write;
  const name = copyName(used.metadata.name, marker);
  const found = await findJob(write, name);
  if (found) return found;
  const { labels = {} } = used.metadata;
  const { selector: _selector, ...spec } = used.spec ?? { template: {} };
  const copy: Manifest = {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name, namespace: used.metadata.namespace ?? '', labels, annotations: markerAnnotations(marker) },
    spec: withValueAt({ ...spec, suspend: true }, ['template', 'metadata', 'labels'], labels),
  };
  return objects.createOrFind(copy);
}

/** Ends the suspension of exactly this version of the Job, with our marker in the same write. */
async function start({ objects, marker }: WriteContext, job: JobObject): Promise<JobObject> {
  const annotations = { ...job.metadata.annotations, ...markerAnnotations(marker) };
  return objects.patchVersion(job, [
    { op: 'replace', path: '/metadata/annotations', value: annotations },
    { op: 'replace', path: '/spec/suspend', value: false },
  ]);
}
