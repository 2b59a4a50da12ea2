import type { Finding } from '../../../contract/verdict.ts';
import { isReady, type PodObject } from '../revisions.ts';
import { rolloutSeconds } from '../roll-out.ts';
import { doomOf } from '../rollout/doom.ts';
import { describeWaiting, isFinished, isGoing } from '../rollout/judgement.ts';
import type { ReadContext } from '../session.ts';
import { changingOf, type ObservedWorkload } from '../state.ts';
import { describeWorkload, type WorkloadObject } from '../workload.ts';

/** Judges the pods of a workload: as many are ready as are wanted. A pod that has just begun proves nothing. */
export function judgePods({ target }: Pick<ReadContext, 'target'>, seen: ObservedWorkload, now: Date): Finding {
  const { workload } = seen;
  if (!workload) return { verdict: 'fail', reason: `${describeWorkload(target)} does not exist` };
  const wanted = replicasOf(workload);
  if (wanted === 0) return { verdict: 'fail', reason: `${describeWorkload(target)} wants no pods, so nothing serves` };
  const pods = seen.pods.filter((pod) => !isFinished(pod));
  const waiting = pods.filter((pod) => !isReady(pod));
  const ready = pods.length - waiting.length;
  const said = [`${ready} of ${wanted} pods are ready`];
  for (const pod of waiting) {
    const doom = doomOf(pod);
    if (doom !== undefined)
      return { verdict: 'fail', reason: [...said, `pod ${pod.metadata.name}: ${doom}`].join('; ') };
  }
  const late = waiting.find((pod) => !isGoing(pod) && ageSeconds(pod, now) > rolloutSeconds(target));
  if (late) return { verdict: 'fail', reason: [...said, describeWaiting(late)].join('; ') };
  const changing = changingOf({ target }, seen);
  if (changing !== undefined) return { verdict: 'inconclusive', reason: [...said, changing].join('; ') };
  if (ready >= wanted) return { verdict: 'pass', reason: said.join('; ') };
  if (pods.length < wanted) return { verdict: 'fail', reason: [...said, `only ${pods.length} exist`].join('; ') };
  const moving = waiting.map(
    (pod) => `pod ${pod.metadata.name} ${isGoing(pod) ? 'is being deleted' : 'has just begun'}`,
  );
  return { verdict: 'inconclusive', reason: [...said, ...moving.slice(0, 1)].join('; ') };
}

function replicasOf({ kind, spec, status }: WorkloadObject): number {
  return kind === 'DaemonSet' ? (status?.desiredNumberScheduled ?? 0) : (spec.replicas ?? 1);
}

function ageSeconds({ metadata }: PodObject, now: Date): number {
  return (now.getTime() - Date.parse(metadata.creationTimestamp ?? now.toISOString())) / 1000;
}
