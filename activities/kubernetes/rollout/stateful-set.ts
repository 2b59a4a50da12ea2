import {
  describeSides,
  failedByDoom,
  isJudgement,
  progressing,
  splitByRevision,
  stayingPods,
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
  const sides = splitByRevision(view);
  if (isJudgement(sides)) return sides;
  const { type, rollingUpdate } = spec.updateStrategy ?? {};
  const { partition = 0 } = rollingUpdate ?? {};
  const [staying] = type === 'OnDelete' || partition > 0 ? stayingPods(sides) : [];
  if (staying) {
    const strategy = type === 'OnDelete' ? 'updateStrategy OnDelete' : `partition ${partition}`;
    const reason = `StatefulSet ${metadata.name} has ${strategy}: pod ${staying.metadata.name} stays as it is`;
    return { state: 'failed', reason };
  }
  const wanted = Math.min(spec.replicas ?? 1, view.replicasAtStart);
  if (sides.doomed.length > 0) return failedByDoom(sides, wanted);
  // Pods are heard of earlier than the set's counts, which know of minReadySeconds and belong together.
  const { updatedReplicas = 0, availableReplicas = 0 } = status ?? {};
  const isDone =
    sides.readyPods.length >= wanted &&
    sides.oldPods.length === 0 &&
    updatedReplicas >= wanted &&
    availableReplicas >= wanted;
  return isDone ? { state: 'done', revision: sides.revision.name } : progressing(describeSides(sides, wanted));
}
