import { digestOf } from '../../contract/artifact.ts';
import { isOfArtifact } from '../artifact-parts.ts';
import type { Images } from '../ports/index.ts';
import { isReady, revisionOfPod } from './revisions.ts';
import type { ReadContext } from './session.ts';
import type { ObservedWorkload } from './state.ts';
import { containerName, imageOf } from './workload.ts';

/**
 * Compares the images that containers run with what they were told to. An image id may be another digest than that of
 * the template: what the registry proves to be a part of it counts, anything else proves nothing (kubernetes#115199).
 */
export async function imageProblems(
  { target }: ReadContext,
  { workload, pods, template }: ObservedWorkload,
  images: Images,
): Promise<string[]> {
  if (!workload || !template) return [];
  const image = imageOf(template.template, target);
  const wanted = digestOf(image);
  // A mutable tag proves nothing; the read-back says so of the revision.
  if (wanted === undefined) return [];
  const name = containerName(target, template.template);
  const others = pods
    .filter((pod) => isReady(pod) && revisionOfPod(pod, workload) === template.name)
    .map((pod) => {
      const id = pod.status?.containerStatuses?.find((one) => one.name === name)?.imageID ?? '';
      return { pod: pod.metadata.name, id };
    })
    .filter(({ id }) => digestIn(id) !== wanted);
  const reasons = new Map<string, string | undefined>();
  for (const { id } of others) if (!reasons.has(id)) reasons.set(id, await reasonAgainst(images, image, digestIn(id)));
  return others.flatMap(({ pod, id }) => {
    const reason = reasons.get(id);
    if (reason === undefined) return [];
    return [`inconclusive: pod ${pod} runs image id ${id || 'unknown'}, not ${wanted}${reason}`];
  });
}

/** Says why nothing proves that a digest is the pinned image, or empty for no; undefined where the registry does. */
async function reasonAgainst(images: Images, pinned: string, digest: string): Promise<string | undefined> {
  try {
    return (await isOfArtifact(images, pinned, digest)) ? undefined : '';
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return `; the registry does not say whether they are the same: ${why}`;
  }
}

/** Reads the digest of an image id, which has a repository before it, or none; empty where there is no digest. */
function digestIn(id: string): string {
  return /sha256:[0-9a-f]{64}$/.exec(id)?.[0] ?? '';
}
