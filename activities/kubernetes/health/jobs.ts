import { digestOrEmpty, shortDigest } from '../../../contract/artifact.ts';
import type { Finding } from '../../../contract/verdict.ts';
import type { JobPurpose } from '../jobs/job-manifest.ts';
import { findJobs, jobSelector } from '../jobs/list.ts';
import { endOf, type JobObject, type ReadContext } from '../session.ts';
import type { ObservedWorkload } from '../state.ts';
import { imageOf } from '../workload.ts';

/** Judges the last migration Job by its condition. After a rollback its image is newer than the one that serves. */
export async function checkMigration(context: ReadContext): Promise<Finding> {
  return judgeLast(context, 'migration', ({ complete }) => ({ verdict: 'pass', reason: complete }));
}

/** Judges the last smoke Job by its condition: it is Complete, of the image that serves. */
export async function checkSmoke(context: ReadContext, { workload }: ObservedWorkload): Promise<Finding> {
  const serves = digestOrEmpty(imageOf(workload?.spec.template, context.target));
  return judgeLast(context, 'smoke', ({ job, complete }) => {
    const tested = digestOrEmpty(job.spec?.template.spec?.containers[0]?.image ?? '');
    if (tested === serves) return { verdict: 'pass', reason: complete };
    const images = `its image ${shortDigest(tested)} is not the workload's ${shortDigest(serves)}`;
    return { verdict: 'inconclusive', reason: `${complete}, but ${images}` };
  });
}

/** Finds the last Job of a purpose by its labels. One that is Complete is judged further. */
async function judgeLast(
  context: ReadContext,
  purpose: JobPurpose,
  judge: (ended: { job: JobObject; complete: string }) => Finding,
): Promise<Finding> {
  const last = (await findJobs(context, purpose)).at(-1);
  if (!last) return { verdict: 'inconclusive', reason: `no Job has the labels ${jobSelector(context, purpose)}` };
  const { name, creationTimestamp } = last.metadata;
  const job = `Job ${name} of ${creationTimestamp ?? ''}`;
  const end = endOf(last);
  if (!end) return { verdict: 'inconclusive', reason: `${job} has not ended yet` };
  if (end.type === 'Failed') {
    const why = [end.reason ?? '', end.message ?? ''].filter((part) => part !== '').join(': ');
    return { verdict: 'fail', reason: `${job} failed: ${why || 'no reason given'}` };
  }
  const complete = `Job ${name} is Complete since ${last.status?.completionTime ?? 'an unknown time'}`;
  return judge({ job: last, complete });
}
