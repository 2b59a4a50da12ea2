import { digestOf } from '../../contract/artifact.ts';
import type { Images } from '../ports/index.ts';
import { isReady, revisionOfPod } from './revisions.ts';
import type { ReadContext } from './session.ts';
import type { ObservedWorkload } from './state.ts';
import { containerName, imageOf } from './workload.ts';

/**
 * Compares the images that containers run with what they were told to. An image id may be another digest than that of
 * the template: one of an index's images is proven by the registry, anything else proves nothing (kubernetes#115199).
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
  if (others.length === 0) return [];
  const platforms = await platformsOf(images, image);
  return others
    .filter(({ id }) => !platforms.digests.includes(digestIn(id)))
    .map(
      ({ pod, id }) => `inconclusive: pod ${pod} runs image id ${id || 'unknown'}, not ${wanted}${platforms.problem}`,
    );
}

/** Reads the digest of an image id, which has a repository before it, or none; empty where there is no digest. */
function digestIn(id: string): string {
  return /sha256:[0-9a-f]{64}$/.exec(id)?.[0] ?? '';
}

/** Asks the registry which images an index has; says why it does not tell. */
async function platformsOf(images: Images, image: string): Promise<{ digests: string[]; problem: string }> {
  try {
    return { digests: await images.platformDigests(image), problem: '' };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { digests: [], problem: `; the registry does not say whether they are the same: ${why}` };
  }
}
