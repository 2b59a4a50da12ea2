import { digestOf, repositoryOf } from '../../../contract/artifact.ts';
import { isOfArtifact } from '../../artifact-parts.ts';
import { digestAnnotation, type Annotations } from '../../fence.ts';
import type { Images } from '../../ports/index.ts';
import { imageParts } from '../image-parts.ts';
import { ownContainer, withOwnContainer, type WithContainers } from './container.ts';
import type { Job, Revision } from './resources.ts';
import type { ReadContext } from './session.ts';

/**
 * Gives a revision the image of its artifact: with the digest that the platform found for a tag, and the whole index
 * where the platform names one platform's image of it. Whatever is read of a revision, and whatever is made after it,
 * is then one artifact.
 */
export async function withArtifact(
  context: ReadContext,
  revision: Revision,
  resolve: () => Promise<string | undefined>,
): Promise<Revision> {
  const image = await artifactOf(context, revision, revision.annotations, resolve);
  const digest = digestOf(image);
  if (digest === undefined) return revision;
  return {
    ...revision,
    annotations: { ...revision.annotations, [digestAnnotation]: digest },
    containers: withOwnContainer('a revision', revision, context.target, (own) => ({ ...own, image })),
  };
}

/** Gives a job's task the image of its artifact, as a revision's. A tag stays one: each run would look it up anew. */
export async function withArtifactOfJob(context: ReadContext, job: Job): Promise<Job> {
  const task = job.template?.template;
  const image = await artifactOf(context, task, job.annotations, () => Promise.resolve(undefined));
  if (image === (ownContainer(task, context.target)?.image ?? '')) return job;
  const containers = withOwnContainer('a job', task, context.target, (own) => ({ ...own, image }));
  return { ...job, template: { ...job.template, template: { ...task, containers } } };
}

/** Names the image of what runs the artifact; empty where nobody can say which container that is. */
async function artifactOf(
  context: ReadContext,
  resource: WithContainers | null | undefined,
  annotations: Annotations,
  resolve: () => Promise<string | undefined>,
): Promise<string> {
  const named = ownContainer(resource, context.target)?.image ?? '';
  const image = named === '' || digestOf(named) ? named : await resolvedFor(named, resource, resolve);
  const [digest, recorded] = [digestOf(image), annotations?.[digestAnnotation]];
  if (digest === undefined || !recorded || recorded === digest) return image;
  const pinned = `${repositoryOf(image)}@${recorded}`;
  return (await isOfArtifact(imagesOf(context), pinned, digest)) ? pinned : image;
}

/** Asks the registry as a part of this read or write. */
export function imagesOf({ clients, caller }: ReadContext): Images {
  return { partsOf: (image) => imageParts(clients, caller, image) };
}

/** Takes what the platform found for a tag only where it can be of no other container: it tells of one image. */
async function resolvedFor(
  named: string,
  resource: WithContainers | null | undefined,
  resolve: () => Promise<string | undefined>,
): Promise<string> {
  const repository = repositoryOf(named);
  const alike = (resource?.containers ?? []).filter(({ image }) => repositoryOf(image ?? '') === repository);
  const found = alike.every(({ image }) => image === named) ? await resolve() : undefined;
  return found !== undefined && repositoryOf(found) === repository ? found : named;
}
