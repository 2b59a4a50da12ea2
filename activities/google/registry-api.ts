import { digestOf, repositoryOf } from '../../contract/artifact.ts';
import type { Caller } from './call.ts';
import type { GoogleClients } from './clients.ts';
import { httpCallError } from './http-status.ts';

/**
 * Asks a registry of `gcr.io` by its own API, since such a host is no location of Artifact Registry. Platform: OCI
 * Distribution Specification 1.1, manifests and tags.
 */

const manifestTypes = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
].join(', ');

/** A repository of `gcr.io`: the host, and its name there. */
interface GcrRepository {
  host: string;
  name: string;
}

/** Reads where an image is; undefined for one of another registry. No other host ever gets our token. */
export function gcrRepository(image: string): GcrRepository | undefined {
  const [, host, name] = /^((?:(?:us|eu|asia)\.)?gcr\.io)\/([^@:]+)$/.exec(repositoryOf(image)) ?? [];
  return host && name ? { host, name } : undefined;
}

/** Finds the digest that a tag or a digest has in the registry; undefined if it is not there. */
export async function findManifest(
  clients: GoogleClients,
  caller: Caller,
  repository: GcrRepository,
  reference: string,
): Promise<string | undefined> {
  const answer = await ask(clients, caller, repository, 'HEAD', `manifests/${reference}`);
  return answer && (/^sha256:[0-9a-f]{64}$/.exec(answer.headers.get('docker-content-digest') ?? '')?.[0] ?? undefined);
}

/** Lists the digests of an index's images; none for an image of one platform, or one that is not there. */
export async function indexedDigests(
  clients: GoogleClients,
  caller: Caller,
  repository: GcrRepository,
  image: string,
): Promise<string[]> {
  const answer = await ask(clients, caller, repository, 'GET', `manifests/${digestOf(image)}`);
  const { manifests = [] } = ((await answer?.json()) ?? {}) as { manifests?: { digest?: string }[] };
  return manifests.flatMap(({ digest }) => digest ?? []);
}

/** Lists the tags of a digest. Platform: Container Registry, the field `manifest` that it adds to a list of tags. */
export async function tagsOfManifest(
  clients: GoogleClients,
  caller: Caller,
  repository: GcrRepository,
  digest: string,
): Promise<string[]> {
  const answer = await ask(clients, caller, repository, 'GET', 'tags/list');
  const { manifest = {} } = ((await answer?.json()) ?? {}) as { manifest?: Record<string, { tag?: string[] }> };
  return manifest[digest]?.tag ?? [];
}

/** Asks once; undefined for what is not there. */
async function ask(
  { registryUrl, accessToken }: GoogleClients,
  { callTimeoutMs, signal }: Caller,
  { host, name }: GcrRepository,
  method: 'GET' | 'HEAD',
  path: string,
): Promise<Response | undefined> {
  const doing = `look for ${path} of ${host}/${name}`;
  const limit = AbortSignal.timeout(callTimeoutMs);
  try {
    const token = await accessToken();
    const answer = await fetch(`${registryUrl(host)}/v2/${name}/${path}`, {
      method,
      headers: { accept: manifestTypes, ...(token && { authorization: `Bearer ${token}` }) },
      signal: signal ? AbortSignal.any([signal, limit]) : limit,
    });
    if (answer.ok) return answer;
    await answer.body?.cancel();
    if (answer.status === 404) return undefined;
    throw Object.assign(new Error(`the registry answered ${answer.status}`), { code: answer.status });
  } catch (error) {
    signal?.throwIfAborted();
    throw httpCallError(doing, error);
  }
}
