import { digestOrEmpty } from '../../../contract/artifact.ts';
import type { JobRun } from '../../../contract/live.ts';
import { finalFailure } from '../../failure.ts';
import { isOutdated } from '../failure.ts';
import type { PodObject } from '../revisions.ts';
import { doomOf } from '../rollout/doom.ts';
import { followUntil, type Selection } from '../rollout/watch.ts';
import { endOf, type JobObject, type WriteContext } from '../session.ts';
import { imageOfJob } from './prepare.ts';

/**
 * Waits for the condition that ends a Job. A pod that cannot start ends it, too, since the Job would wait for its time
 * limit: it is suspended first, and has no pod any more when we say that it failed. So it cannot run later.
 */
export async function followJob(write: WriteContext, started: JobObject): Promise<JobRun> {
  const { name, uid } = started.metadata;
  const { namespace } = write.target;
  const selections: Record<'job' | 'pods', Selection> = {
    job: { apiVersion: 'batch/v1', kind: 'Job', path: `/apis/batch/v1/namespaces/${namespace}/jobs`, name },
    pods: {
      apiVersion: 'v1',
      kind: 'Pod',
      path: `/api/v1/namespaces/${namespace}/pods`,
      labels: `batch.kubernetes.io/controller-uid=${uid}`,
    },
  };
  let doom: string | undefined;
  return followUntil({ ...write.caller, signal: write.signal }, selections, async ({ job: [job], pods }) => {
    if (!job || job.metadata.uid !== uid)
      throw finalFailure('Unknown', `Job ${name} was deleted before its end was read: nobody can say what it did`);
    const [pod] = (pods as PodObject[]).toReversed();
    write.progress({ job: name, pod: pod?.metadata.name ?? 'none', phase: pod?.status?.phase ?? '' });
    const found = job as JobObject;
    const ended = endOf(found);
    if (ended) return runOf(found, pod, ended);
    doom ??= pod && doomOf(pod);
    if (doom === undefined) return undefined;
    if (found.spec?.suspend !== true) await suspend(write, found);
    return pods.length === 0 ? { ...runOf(found, undefined, undefined), reason: doom } : undefined;
  });
}

/** Suspends a Job, which ends its pods. One that was written meanwhile is looked at again. */
async function suspend({ objects }: WriteContext, job: JobObject): Promise<void> {
  const patch = objects.patchVersion(job, [{ op: 'replace', path: '/spec/suspend', value: true }]);
  await patch.catch((error: unknown) => {
    if (!isOutdated(error)) throw error;
  });
}

function runOf(job: JobObject, pod: PodObject | undefined, ended: ReturnType<typeof endOf>): JobRun {
  const succeeded = ended?.type === 'Complete';
  return {
    execution: job.metadata.name,
    outcome: succeeded ? 'succeeded' : 'failed',
    digest: digestOrEmpty(imageOfJob(job)),
    taskAttempts: (job.status?.failed ?? 0) + (job.status?.succeeded ?? 0),
    reason: succeeded ? '' : describeFailure(ended, pod),
    startedAt: job.status?.startTime ?? '',
    // A Job that failed has no completion time (platform: Kubernetes, JobStatus.completionTime).
    endedAt: job.status?.completionTime ?? ended?.lastTransitionTime ?? new Date().toISOString(),
  };
}

function describeFailure(ended: { reason?: string; message?: string } | undefined, pod: PodObject | undefined): string {
  const exit = pod?.status?.containerStatuses?.[0]?.state?.terminated?.exitCode;
  // A pod that its time limit or its node ended says so; for its Job it is one more that failed.
  const { reason, message } = (pod?.status?.reason ? pod.status : ended) ?? {};
  const why = [reason, message].filter(Boolean).join(': ');
  return exit === undefined ? why : `exit code ${exit}${why ? ` (${why})` : ''}`;
}
