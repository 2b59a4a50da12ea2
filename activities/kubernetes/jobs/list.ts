import { endOf, type JobObject, type ReadContext } from '../session.ts';
import { jobLabels } from './job-manifest.ts';

/** One Job of ours, as far as others need to know. */
export interface JobSummary {
  name: string;
  isRunning: boolean;
}

/** Lists the Jobs that Slipway made for a workload, oldest first. */
export async function listJobs({ objects, target }: ReadContext): Promise<JobSummary[]> {
  const labels = `${jobLabels.workload}=${target.workload.name}`;
  const found = await objects.list({ apiVersion: 'batch/v1', kind: 'Job' }, target.namespace, labels);
  return (found as JobObject[])
    .sort((a, b) => ((a.metadata.creationTimestamp ?? '') < (b.metadata.creationTimestamp ?? '') ? -1 : 1))
    .map((job) => ({ name: job.metadata.name, isRunning: isRunning(job) }));
}

function isRunning(job: JobObject): boolean {
  return !endOf(job) && job.spec?.suspend !== true;
}
