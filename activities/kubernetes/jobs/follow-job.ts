import type { MigrationRun } from '../../../contract/live.ts';
import { finalFailure } from '../../failure.ts';
import type { PodObject } from '../revisions.ts';
import { doomOf } from '../rollout/doom.ts';
import { followUntil, type Selection } from '../rollout/watch.ts';
import type { JobObject, WriteContext } from '../session.ts';
import { pinnedDigest } from '../workload.ts';
import { imageOfJob } from './prepare.ts';

/**
 * Waits for the end of a Job: for its conditions Complete or Failed, since counts also move while it goes on
 * (kubectl#1629). A pod that cannot start ends it, too: the Job would wait for its time limit.
 */
export async function followJob(write: WriteContext, started: JobObject): Promise<MigrationRun> {
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
  return followUntil({ ...write.caller, signal: write.signal }, selections, async ({ job: [job], pods }) => {
    if (!job || job.metadata.uid !== uid)
      throw finalFailure('Unknown', `Job ${name} was deleted before its end was read: nobody can say what it did`);
    const [pod] = (pods as PodObject[]).toReversed();
    const end = endOf(job, pod);
    if (!end) write.progress({ job: name, pod: pod?.metadata.name ?? 'none yet', phase: pod?.status?.phase ?? '' });
    return end;
  });
}

function endOf(job: JobObject, pod: PodObject | undefined): MigrationRun | undefined {
  const ended = (job.status?.conditions ?? []).find(
    ({ type, status }) => (type === 'Complete' || type === 'Failed') && status === 'True',
  );
  const doom = pod && doomOf(pod);
  if (!ended && doom === undefined) return undefined;
  const succeeded = ended?.type === 'Complete';
  return {
    execution: job.metadata.name,
    outcome: succeeded ? 'succeeded' : 'failed',
    digest: pinnedDigest(imageOfJob(job)),
    taskAttempts: (job.status?.failed ?? 0) + (job.status?.succeeded ?? 0),
    reason: succeeded ? '' : (doom ?? describeFailure(ended, pod)),
    startedAt: job.status?.startTime ?? '',
    endedAt: job.status?.completionTime ?? new Date().toISOString(),
  };
}

function describeFailure(ended: { reason?: string; message?: string } | undefined, pod: PodObject | undefined): string {
  const exit = pod?.status?.containerStatuses?.[0]?.state?.terminated?.exitCode;
  const why = [ended?.reason, ended?.message].filter(Boolean).join(': ');
  return exit === undefined ? why : `exit code ${exit}${why ? ` (${why})` : ''}`;
}
