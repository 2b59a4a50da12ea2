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
 * Judges the roll-out of a DaemonSet: one pod on each node that fits. Where none does, it is done, as for any workload
 * that wants no pod; that nobody serves is for the read-back to say.
 */
export function judgeDaemonSet(view: RolloutView): Judgement {
  const { spec, status, metadata } = view.workload;
  const sides = splitByRevision(view);
  if (isJudgement(sides)) return sides;
  const [staying] = spec.updateStrategy?.type === 'OnDelete' ? stayingPods(sides) : [];
  if (staying) {
    const what = `DaemonSet ${metadata.name} has updateStrategy OnDelete`;
    return { state: 'failed', reason: `${what}: pod ${staying.metadata.name} stays as it is` };
  }
  const { desiredNumberScheduled: wanted = 0, updatedNumberScheduled = 0, numberAvailable = 0 } = status ?? {};
  if (sides.doomed.length > 0) return failedByDoom(sides, wanted);
  const isDone = updatedNumberScheduled >= wanted && numberAvailable >= wanted && sides.readyPods.length >= wanted;
  return isDone ? { state: 'done', revision: sides.revision.name } : progressing(describeSides(sides, wanted));
}
