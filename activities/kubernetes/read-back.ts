import { digestOrEmpty, shortDigest } from '../../contract/artifact.ts';
import type { ReadBack } from '../../contract/live.ts';
import type { ReadBackRequest } from '../ports/target.ts';
import { findForeignChanges } from './drift.ts';
import { isReady, revisionOfPod } from './revisions.ts';
import type { ReadContext } from './session.ts';
import { readState, type ObservedWorkload } from './state.ts';
import { containerName, describeWorkload, imageOf } from './workload.ts';

/** Compares what runs with what should, down to the pods' image ids (invariants I2 and I7). */
export async function readBackState(context: ReadContext, request: ReadBackRequest): Promise<ReadBack> {
  const seen = await readState(context);
  const foreign = request.withDrift ? await findForeignChanges(context) : [];
  return { live: seen.live, problems: [...problemsOf(context, seen, request), ...foreign] };
}

export function problemsOf(
  context: ReadContext,
  seen: ObservedWorkload,
  { artifact, revision }: Pick<ReadBackRequest, 'artifact' | 'revision'>,
): string[] {
  const { target } = context;
  const { live, workload, template } = seen;
  const what = describeWorkload(target);
  if (!workload) return [`${what} does not exist`];
  const problems: string[] = [];
  if (!template) problems.push(`the controller of ${what} has not seen its last change yet`);
  if (live.serving.length === 0) problems.push(`no pod of ${what} is ready`);
  for (const { revision: name, digest } of live.serving) {
    if (digest === '') problems.push(`inconclusive: revision ${name} has a mutable image tag`);
    else if (digest !== artifact.digest)
      problems.push(`revision ${name} has image ${shortDigest(digest)}, not ${shortDigest(artifact.digest)}`);
    if (revision !== null && name !== revision) problems.push(`revision ${name} serves, not ${revision}`);
  }
  if (template && live.serving.some(({ revision: name }) => name !== template.name))
    problems.push(`the template of ${what} is ${template.name}, and another revision serves`);
  return [...problems, ...imageProblems(context, seen)];
}

/**
 * Compares the images that containers run with what they were told to. An id that is another digest may be the
 * platform's child of the same index: that proves nothing (kubernetes#115199).
 */
function imageProblems({ target }: ReadContext, { workload, pods, template }: ObservedWorkload): string[] {
  if (!workload || !template) return [];
  const name = containerName(target, template.template);
  const wanted = digestOrEmpty(imageOf(template.template, target));
  return pods
    .filter((pod) => isReady(pod) && revisionOfPod(pod, workload) === template.name)
    .flatMap((pod) => {
      const running = pod.status?.containerStatuses?.find((one) => one.name === name)?.imageID ?? '';
      if (running.endsWith(wanted)) return [];
      return [`inconclusive: pod ${pod.metadata.name} runs image id ${running || 'unknown'}, not ${wanted}`];
    });
}
