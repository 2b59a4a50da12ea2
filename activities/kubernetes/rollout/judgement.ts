import type { PodObject, Revision } from '../revisions.ts';
import { isReady, ownPods, revisionOfPod, templateRevision } from '../revisions.ts';
import type { WorkloadObject } from '../workload.ts';
import { doomOf } from './doom.ts';

/** What a rule looks at: the objects as the server has them. */
export interface RolloutView {
  workload: WorkloadObject;
  revisions: readonly Revision[];
  pods: readonly PodObject[];
  /** Replicas that were wanted when the roll-out began: an autoscaler that adds some does not prolong it. */
  replicasAtStart: number;
}

/** Says where a roll-out is; the reason is for a person. */
export type Judgement =
  { state: 'done'; revision: string } | { state: 'progressing'; reason: string } | { state: 'failed'; reason: string };

/** The new revision, and the pods on both sides of the roll-out. */
export interface Sides {
  revision: Revision;
  newPods: PodObject[];
  readyPods: PodObject[];
  oldPods: PodObject[];
  /** New pods that cannot become ready, each with why. */
  doomed: { pod: string; why: string }[];
}

/**
 * Splits the pods by revision. Answers a judgement where nothing can be said yet: the controller has to have seen the
 * change first, since until then its status is about the state before (kubernetes#49637).
 */
export function splitByRevision(view: RolloutView): Sides | Judgement {
  const { workload, revisions, pods } = view;
  const wanted = Number(workload.metadata['generation'] ?? 0);
  const seen = workload.status?.observedGeneration ?? 0;
  const name = `${workload.kind} ${workload.metadata.name}`;
  if (seen < wanted)
    return progressing(`the controller of ${name} has not seen the change yet (generation ${wanted}, seen ${seen})`);
  const revision = templateRevision(workload, revisions);
  if (!revision) return progressing(`the controller of ${name} has not made the new revision yet`);
  // Another workload may have the same labels; and an evicted pod stays for a while beside its replacement.
  const own = ownPods(pods, workload, revisions).filter((pod) => !isFinished(pod));
  const newPods = own.filter((pod) => revisionOfPod(pod, workload) === revision.name && !isGoing(pod));
  return {
    revision,
    newPods,
    readyPods: newPods.filter(isReady),
    oldPods: own.filter((pod) => revisionOfPod(pod, workload) !== revision.name),
    doomed: newPods.flatMap((pod) => {
      const why = doomOf(pod);
      return why === undefined ? [] : [{ pod: pod.metadata.name, why }];
    }),
  };
}

export function isJudgement(found: Sides | Judgement): found is Judgement {
  return 'state' in found;
}

/** Finds old pods that nothing will replace, where the update strategy leaves them to a person. */
export function stayingPods({ oldPods }: Sides): PodObject[] {
  return oldPods.filter((pod) => !isGoing(pod));
}

/** Counts the pods of both sides, and says of one that is not ready why. */
export function describeSides({ revision, newPods, readyPods, oldPods }: Sides, wanted: number): string {
  const waiting = newPods.find((pod) => !isReady(pod));
  const oldWaiting = oldPods.find((pod) => !isReady(pod) && !isGoing(pod));
  const parts = [
    `${readyPods.length} of ${wanted} pods of ${revision.name} are ready`,
    ...(oldPods.length > 0 ? [`${oldPods.length} of another revision are still there`] : []),
    ...(waiting ? [describeWaiting(waiting)] : []),
    ...(oldWaiting ? [`of another revision, ${describeWaiting(oldWaiting)}`] : []),
  ];
  return parts.join('; ');
}

/** Makes the failure of pods that cannot become ready. */
export function failedByDoom({ revision, newPods, readyPods, doomed }: Sides, wanted: number): Judgement {
  const [first] = doomed;
  const count = `${doomed.length} of ${newPods.length} pods of ${revision.name} cannot start`;
  const ready = `${readyPods.length} of ${wanted} ready`;
  return { state: 'failed', reason: `${count} (${ready}); pod ${first?.pod ?? ''}: ${first?.why ?? ''}` };
}

export function progressing(reason: string): Judgement {
  return { state: 'progressing', reason };
}

/** Says of a pod that is not ready why. */
export function describeWaiting({ metadata, status }: PodObject): string {
  const unscheduled = status?.conditions?.find(({ type, status: is }) => type === 'PodScheduled' && is === 'False');
  if (unscheduled) return `pod ${metadata.name} has no node${unscheduled.message ? `: ${unscheduled.message}` : ''}`;
  const init = status?.initContainerStatuses?.find(({ ready }) => !ready);
  const container = init ?? status?.containerStatuses?.find(({ ready }) => !ready);
  const restarts = container?.restartCount ? `, ${container.restartCount} restarts` : '';
  const running = init ? `init container ${init.name} runs` : 'it runs, but its probes do not pass';
  const what = container?.state?.waiting?.reason ?? (container?.state?.running ? running : status?.phase);
  return `pod ${metadata.name} is not ready: ${what ?? 'no status yet'}${restarts}`;
}

/** Says whether a pod is being deleted. */
export function isGoing({ metadata }: PodObject): boolean {
  return metadata['deletionTimestamp'] !== undefined;
}

/** Says whether a pod has ended for good, such as one that was evicted. */
export function isFinished({ status }: PodObject): boolean {
  return status?.phase === 'Succeeded' || status?.phase === 'Failed';
}
