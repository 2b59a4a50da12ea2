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
  if (doomed.length > 0 && doomed.length === newPods.length && readyPods.length === 0)
    return failedByDoom(sides, wanted);
  // A condition of an earlier change is read for a while; it names its own ReplicaSet (kubernetes#49637).
  const late = status?.conditions?.find(
    ({ reason, message }) => reason === 'ProgressDeadlineExceeded' && message?.includes(`"${revision.name}"`),
  );
  if (late) return { state: 'failed', reason: `progressDeadlineSeconds are over; ${describeSides(sides, wanted)}` };
  const { updatedReplicas = 0, replicas = 0, availableReplicas = 0 } = status ?? {};
  const isDone =
    updatedReplicas >= wanted &&
    replicas <= updatedReplicas &&
    availableReplicas >= wanted &&
    readyPods.length >= wanted;
  return isDone ? { state: 'done', revision: revision.name } : progressing(describeSides(sides, wanted));
}
