import {
  describeSides,
  failedByDoom,
  isJudgement,
  progressing,
  splitByRevision,
  type Judgement,
  type RolloutView,
} from './judgement.ts';

/** Judges the roll-out of a DaemonSet: one pod on each node that fits. */
export function judgeDaemonSet(view: RolloutView): Judgement {
  const { spec, status, metadata } = view.workload;
  if (spec.updateStrategy?.type === 'OnDelete')
    return {
      state: 'failed',
      reason: `DaemonSet ${metadata.name} has updateStrategy OnDelete: its pods stay as they are until deleted`,
    };
  const sides = splitByRevision(view);
  if (isJudgement(sides)) return sides;
  const { desiredNumberScheduled: wanted = 0, updatedNumberScheduled = 0, numberAvailable = 0 } = status ?? {};
  if (sides.doomed.length > 0) return failedByDoom(sides, wanted);
  const isDone = updatedNumberScheduled >= wanted && numberAvailable >= wanted && sides.readyPods.length >= wanted;
  return isDone ? { state: 'done', revision: sides.revision.name } : progressing(describeSides(sides, wanted));
}
