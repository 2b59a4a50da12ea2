import { Status } from 'google-gax';
import { digestOf, repositoryOf } from '../../contract/artifact.ts';
import { call, type Caller } from './call.ts';
import type { GoogleClients } from './clients.ts';
import { isCode } from './failure.ts';
import { findManifest, gcrRepository, tagsOfManifest } from './registry-api.ts';

const fullSha = /^[0-9a-f]{40}$/;
/** Commits by image with digest. They do not change, so a process asks once. */
const knownCommits = new Map<string, string>();
const maxKnownCommits = 1_000;

/**
 * Names the package of an image: `us-central1-docker.pkg.dev/p/r/a/b` is package `a%2Fb` of repository `r`. Undefined
 * for an image of another registry. Platform: Artifact Registry v1, names of packages.
 */
export function packageOf(image: string): string | undefined {
  const match = /^([a-z0-9-]+)-docker\.pkg\.dev\/([^/]+)\/([^/]+)\/(.+)$/.exec(repositoryOf(image));
  if (!match) return undefined;
  const [, location = '', project = '', repository = '', path = ''] = match;
  return `projects/${project}/locations/${location}/repositories/${repository}/packages/${encodeURIComponent(path)}`;
}

/** Finds the digest that a tag points at now; undefined if there is no such tag. */
export async function digestOfTag(
  clients: GoogleClients,
  caller: Caller,
  image: string,
  tag: string,
): Promise<string | undefined> {
  const gcr = gcrRepository(image);
  if (gcr) return findManifest(clients, caller, gcr, tag);
  const parent = packageOf(image);
  if (!parent) return undefined;
  try {
    const found = await call(caller, `look for image ${image}:${tag}`, (options) =>
      clients.registry.getTag({ name: `${parent}/tags/${tag}` }, options),
    );
    return /sha256:[0-9a-f]{64}$/.exec(found.version ?? '')?.[0];
  } catch (error) {
    if (isCode(error, Status.NOT_FOUND)) return undefined;
    throw error;
  }
}

/** Finds the commit of an image by its tag, the full SHA; empty if there is none. */
export async function commitOfImage(clients: GoogleClients, caller: Caller, image: string): Promise<string> {
  const digest = digestOf(image);
  const gcr = gcrRepository(image);
  const parent = packageOf(image);
  if (!digest || !(gcr || parent)) return '';
  const cached = knownCommits.get(image);
  if (cached) return cached;
  const tags = gcr
    ? await tagsOfManifest(clients, caller, gcr, digest)
    : await tagsOf(clients, caller, parent ?? '', digest);
  const commit = tags.find((tag) => fullSha.test(tag)) ?? '';
  if (commit !== '' && knownCommits.size < maxKnownCommits) knownCommits.set(image, commit);
  return commit;
}

/** Says whether the registry has a digest. An image of another registry counts as there, since nobody here can tell. */
export async function isStored(clients: GoogleClients, caller: Caller, image: string): Promise<boolean> {
  const gcr = gcrRepository(image);
  if (gcr) return (await findManifest(clients, caller, gcr, digestOf(image) ?? '')) !== undefined;
  const parent = packageOf(image);
  if (!parent) return true;
  try {
    await call(caller, `look for image ${image}`, (options) =>
      clients.registry.getVersion({ name: `${parent}/versions/${digestOf(image)}` }, options),
    );
    return true;
  } catch (error) {
    if (isCode(error, Status.NOT_FOUND)) return false;
    throw error;
  }
}

async function tagsOf(clients: GoogleClients, caller: Caller, parent: string, digest: string): Promise<string[]> {
  const request = { parent, filter: `version="${parent}/versions/${digest}"`, pageSize: 1_000 };
  try {
    const tags = await call(caller, `look for the tags of ${digest}`, (options) =>
      clients.registry.listTags(request, { ...options, autoPaginate: false }),
    );
    return tags.map(({ name }) => (name ?? '').split('/').at(-1) ?? '');
  } catch (error) {
    if (isCode(error, Status.NOT_FOUND)) return [];
    throw error;
  }
}
