import { createHash } from 'node:crypto';
import { z } from 'zod';
import { digestOf } from '../../contract/artifact.ts';
import { parseJson } from '../json.ts';
import type { Images } from '../ports/index.ts';
import type { Caller } from './call.ts';
import type { GoogleClients } from './clients.ts';
import { classified } from './failure.ts';
import { readFromRegistry, registryRepository, type RegistryRepository } from './registry-api.ts';

/** Specification: OCI Distribution 1.1, pushing manifests: registries take 4 MiB at least, and clients no more. */
const maxManifestBytes = 4 * 2 ** 20;
/** An index has a few platforms; one with more is not read to its end. */
const maxPlatforms = 50;
/** Parts by image with digest. They do not change, so a process asks once. */
const knownParts = new Map<string, string[]>();
const maxKnown = 1_000;

const descriptor = z.object({ digest: z.string() });
const manifest = z.object({ manifests: z.array(descriptor).default([]), config: descriptor.optional() });
type Manifest = z.infer<typeof manifest>;

/** Makes the port that asks the registry what an image is made of. It knows nothing of other registries' images. */
export function createImages(clients: GoogleClients): Images {
  return { partsOf: (image) => classified(() => imageParts(clients, { callTimeoutMs: clients.callTimeoutMs }, image)) };
}

/**
 * Lists the digests of an index's images and of their configurations, or that of a single image's configuration.
 * Specification: OCI Image 1.1, image index and image manifest; Docker's manifest list has the same fields.
 */
export async function imageParts(clients: GoogleClients, caller: Caller, image: string): Promise<string[]> {
  const [repository, digest] = [registryRepository(image), digestOf(image)];
  if (!repository || !digest) return [];
  const known = knownParts.get(image);
  if (known) return known;
  const found = await readManifest(clients, caller, repository, digest);
  if (!found) return [];
  const children = found.manifests.slice(0, maxPlatforms).map((child) => child.digest);
  const manifests = await Promise.all(children.map((child) => readManifest(clients, caller, repository, child)));
  const configurations = [found, ...manifests].flatMap((one) => one?.config?.digest ?? []);
  const parts = [...children, ...configurations];
  if (knownParts.size < maxKnown) knownParts.set(image, parts);
  return parts;
}

/** Reads a manifest; undefined where it is not there, or where its content is not what the digest says. */
async function readManifest(
  clients: GoogleClients,
  caller: Caller,
  repository: RegistryRepository,
  digest: string,
): Promise<Manifest | undefined> {
  const text = await readFromRegistry(clients, caller, repository, `manifests/${digest}`, maxManifestBytes);
  if (text === undefined || `sha256:${createHash('sha256').update(text).digest('hex')}` !== digest) return undefined;
  return manifest.safeParse(parseJson(text)).data;
}
