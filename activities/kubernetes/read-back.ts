import { shortDigest } from '../../contract/artifact.ts';
import type { ReadBack } from '../../contract/live.ts';
import type { Images } from '../ports/index.ts';
import type { ReadBackRequest } from '../ports/target.ts';
import { findForeignChanges } from './drift.ts';
import { imageProblems } from './image-ids.ts';
import type { ReadContext } from './session.ts';
import { readState, type ObservedWorkload } from './state.ts';
import { describeWorkload } from './workload.ts';

/** Compares what runs with what should, down to the pods' image ids (invariants I2 and I7). */
export async function readBackState(context: ReadContext, request: ReadBackRequest, images: Images): Promise<ReadBack> {
  const seen = await readState(context);
  const foreign = request.withDrift ? await findForeignChanges(context) : [];
  return { live: seen.live, problems: [...(await problemsOf(context, seen, request, images)), ...foreign] };
}

export async function problemsOf(
  context: ReadContext,
  seen: ObservedWorkload,
  { artifact, revision }: Pick<ReadBackRequest, 'artifact' | 'revision'>,
  images: Images,
): Promise<string[]> {
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
  return [...problems, ...(await imageProblems(context, seen, images))];
}
