import { digestOrEmpty, shortDigest } from '../../../contract/artifact.ts';
import type { Finding } from '../../../contract/verdict.ts';
import { findJobs, jobSelector } from '../jobs/list.ts';
import { endOf, type ReadContext } from '../session.ts';
import type { ObservedWorkload } from '../state.ts';
import { imageOf } from '../workload.ts';

/** Finds the last smoke Job by its labels and judges it by its condition: it is Complete, of the image that serves. */
export async function checkSmoke(context: ReadContext, { workload }: ObservedWorkload): Promise<Finding> {
  const last = (await findJobs(context, 'smoke')).at(-1);
  if (!last) return { verdict: 'inconclusive', reason: `no Job has the labels ${jobSelector(context, 'smoke')}` };
  const { name, creationTimestamp } = last.metadata;
  const end = endOf(last);
  if (!end) return { verdict: 'inconclusive', reason: `Job ${name} of ${creationTimestamp ?? ''} has not ended yet` };
  if (end.type === 'Failed') {
    const why = [end.reason ?? '', end.message ?? ''].filter((part) => part !== '').join(': ');
    return { verdict: 'fail', reason: `Job ${name} of ${creationTimestamp ?? ''} failed: ${why || 'no reason given'}` };
  }
  const tested = digestOrEmpty(last.spec?.template.spec?.containers[0]?.image ?? '');
  const serves = digestOrEmpty(imageOf(workload?.spec.template, context.target));
  const complete = `Job ${name} is Complete since ${last.status?.completionTime ?? 'an unknown time'}`;
  if (tested === serves) return { verdict: 'pass', reason: complete };
  const images = `its image ${shortDigest(tested)} is not the workload's ${shortDigest(serves)}`;
  return { verdict: 'inconclusive', reason: `${complete}, but ${images}` };
}
