import {
  describeSides,
  failedByDoom,
  isJudgement,
  progressing,
  splitByRevision,
  type Judgement,
  type RolloutView,
} from './judgement.ts';

/**
 * Judges the roll-out of a StatefulSet. Pods are compared by revision, although kubectl does not where a partition is
 * defaulted (src: kubectl rollout_status.go), and a single pod that cannot start stops all of it: the controller goes
 * on only after it is ready.
 */
export function judgeStatefulSet(view: RolloutView): Judgement {
  const { spec, status, metadata } = view.workload;
  const name = `StatefulSet ${metadata.name}`;
  if (spec.updateStrategy?.type === 'OnDelete')
    return { state: 'failed', reason: `${name} has updateStrategy OnDelete: its pods stay as they are until deleted` };
  const partition = spec.updateStrategy?.rollingUpdate?.partition ?? 0;
  if (partition > 0)
    return { state: 'failed', reason: `${name} has partition ${partition}: pods below it stay on the old revision` };
  const sides = splitByRevision(view);
  if (isJudgement(sides)) return sides;
  const wanted = Math.min(spec.replicas ?? 1, view.replicasAtStart);
  if (sides.doomed.length > 0) return failedByDoom(sides, wanted);
  const available = status?.availableReplicas ?? 0;
  const isDone = sides.readyPods.length >= wanted && sides.oldPods.length === 0 && available >= wanted;
  return isDone ? { state: 'done', revision: sides.revision.name } : progressing(describeSides(sides, wanted));
}
