import { endOf, type JobObject, type ReadContext } from '../session.ts';
import { jobLabels, type JobRequest } from './job-manifest.ts';

/** One Job of ours, as far as others need to know. */
export interface JobSummary {
  name: string;
  isRunning: boolean;
}

/** Writes the labels by which our Jobs of a workload are found, of one purpose or of any. */
export function jobSelector({ target }: Pick<ReadContext, 'target'>, purpose?: JobRequest['purpose']): string {
  const labels = { [jobLabels.workload]: target.workload.name, ...(purpose && { [jobLabels.purpose]: purpose }) };
  return Object.entries(labels)
    .map(([name, value]) => `${name}=${value}`)
    .join(',');
}

/** Finds the Jobs that Slipway made for a workload, oldest first. */
export async function findJobs(context: ReadContext, purpose?: JobRequest['purpose']): Promise<JobObject[]> {
  const { objects, target } = context;
  const jobs = { apiVersion: 'batch/v1', kind: 'Job' };
  const found = (await objects.list(jobs, target.namespace, jobSelector(context, purpose))) as JobObject[];
  // Times of the API are whole seconds; of two in the same one the later attempt has the later name.
  const ageOf = ({ metadata }: JobObject) => `${metadata.creationTimestamp ?? ''} ${metadata.name}`;
  return found.sort((a, b) => (ageOf(a) < ageOf(b) ? -1 : 1));
}

/** Lists the Jobs that Slipway made for a workload, oldest first. */
export async function listJobs(context: ReadContext): Promise<JobSummary[]> {
  return (await findJobs(context)).map((job) => ({ name: job.metadata.name, isRunning: isRunning(job) }));
}

function isRunning(job: JobObject): boolean {
  return !endOf(job) && job.spec?.suspend !== true;
}
