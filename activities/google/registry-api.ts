import { repositoryOf } from '../../contract/artifact.ts';
import type { Caller } from './call.ts';
import { uncountedQuota } from './call-budget.ts';
import { countedCall } from './counted-calls.ts';
import type { GoogleClients } from './clients.ts';
import { needing } from './failure.ts';
import { answerError, httpCallError } from './http-status.ts';

/**
 * Asks a registry by its own API: one of `gcr.io`, since such a host is no location of Artifact Registry, and either
 * for what is stored beside an image. Platform: OCI Distribution Specification 1.1, manifests, tags and referrers.
 */

const manifestTypes = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
].join(', ');

/** A repository of images: the host, and its name there. */
export interface RegistryRepository {
  host: string;
  name: string;
}

/** Reads where an image is; undefined for one of another registry. No other host ever gets our token. */
export function gcrRepository(image: string): RegistryRepository | undefined {
  const [, host, name] = /^((?:(?:us|eu|asia)\.)?gcr\.io)\/([^@:]+)$/.exec(repositoryOf(image)) ?? [];
  return host && name ? { host, name } : undefined;
}

/** Reads where an image is, in `gcr.io` or in Artifact Registry; undefined for one of another registry. */
export function registryRepository(image: string): RegistryRepository | undefined {
  const [, host, name] = /^([a-z0-9-]+-docker\.pkg\.dev)\/([^@:]+)$/.exec(repositoryOf(image)) ?? [];
  return host && name ? { host, name } : gcrRepository(image);
}

/** Reads something of a repository as text, empty if it is larger than `maxBytes`; undefined for what is not there. */
export async function readFromRegistry(
  clients: GoogleClients,
  caller: Caller,
  repository: RegistryRepository,
  path: string,
  maxBytes: number,
): Promise<string | undefined> {
  const answer = await ask(clients, caller, repository, 'GET', path);
  if (!answer) return undefined;
  const { host, name } = repository;
  return readAtMost(answer, maxBytes).catch((error: unknown) => {
    throw httpCallError(`read ${path} of ${host}/${name}`, error);
  });
}

/** Reads a body; empty if it is larger. */
async function readAtMost({ body }: Response, maxBytes: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of (body ?? []) as AsyncIterable<Uint8Array>) {
    size += chunk.byteLength;
    if (size > maxBytes) return '';
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** Finds the digest that a tag or a digest has in the registry; undefined if it is not there. */
export async function findManifest(
  clients: GoogleClients,
  caller: Caller,
  repository: RegistryRepository,
  reference: string,
): Promise<string | undefined> {
  const answer = await ask(clients, caller, repository, 'HEAD', `manifests/${reference}`);
  return answer && (/^sha256:[0-9a-f]{64}$/.exec(answer.headers.get('docker-content-digest') ?? '')?.[0] ?? undefined);
}

/** Lists the tags of a digest. Platform: Container Registry, the field `manifest` that it adds to a list of tags. */
export async function tagsOfManifest(
  clients: GoogleClients,
  caller: Caller,
  repository: RegistryRepository,
  digest: string,
): Promise<string[]> {
  const answer = await ask(clients, caller, repository, 'GET', 'tags/list');
  const { manifest = {} } = ((await answer?.json()) ?? {}) as { manifest?: Record<string, { tag?: string[] }> };
  return manifest[digest]?.tag ?? [];
}

/**
 * Asks, and waits where the registry has had too many requests; undefined for what is not there. A registry's refusal
 * does not always say what is missing.
 */
function ask(
  clients: GoogleClients,
  caller: Caller,
  repository: RegistryRepository,
  method: 'GET' | 'HEAD',
  path: string,
): Promise<Response | undefined> {
  const quota = uncountedQuota(`requests to ${repository.host}`, repository.name);
  const once = () => askOnce(clients, caller, repository, method, path);
  return needing('artifactregistry.repositories.downloadArtifacts', () =>
    countedCall(clients.budget, quota, once, caller.signal),
  );
}

async function askOnce(
  { registryUrl, accessToken }: GoogleClients,
  { callTimeoutMs, signal }: Caller,
  { host, name }: RegistryRepository,
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
    throw answerError(answer, `the registry answered ${answer.status}`);
  } catch (error) {
    signal?.throwIfAborted();
    throw httpCallError(doing, error);
  }
}
