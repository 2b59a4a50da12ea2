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
 * Judges the roll-out of a Deployment. One bad pod of several may be its node's fault; when all new ones cannot start,
 * it is theirs (Shopify/krane replica_set.rb).
 */
export function judgeDeployment(view: RolloutView): Judgement {
  const { spec, status, metadata } = view.workload;
  if (spec.paused) return { state: 'failed', reason: `Deployment ${metadata.name} is paused: nothing is rolled out` };
  const sides = splitByRevision(view);
  if (isJudgement(sides)) return sides;
  const wanted = Math.min(spec.replicas ?? 1, view.replicasAtStart);
  const { newPods, doomed, readyPods, revision } = sides;
  const { updatedReplicas = 0, replicas = 0, availableReplicas = 0, conditions = [] } = status ?? {};
  const isDone =
    updatedReplicas >= wanted &&
    replicas <= updatedReplicas &&
    availableReplicas >= wanted &&
    readyPods.length >= wanted;
  // Before the deadline, which pods that an autoscaler has just added may miss (flagger#944).
  if (isDone) return { state: 'done', revision: revision.name };
  if (doomed.length > 0 && doomed.length === newPods.length) return failedByDoom(sides, wanted);
  const refusal = conditions.find(({ type, status: is }) => type === 'ReplicaFailure' && is === 'True')?.message;
  const found = `${describeSides(sides, wanted)}${refusal ? `; ${refusal}` : ''}`;
  // A condition of an earlier change is read for a while; it names its own ReplicaSet (kubernetes#49637).
  const isLate = conditions.some(
    ({ reason, message }) => reason === 'ProgressDeadlineExceeded' && message?.includes(`"${revision.name}"`),
  );
  return isLate ? { state: 'failed', reason: `progressDeadlineSeconds are over; ${found}` } : progressing(found);
}
