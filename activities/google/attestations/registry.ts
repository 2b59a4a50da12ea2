import { z } from 'zod';
import { digestOf } from '../../../contract/artifact.ts';
import type { StoredAttestation } from '../../ports/attestations.ts';
import type { Caller } from '../call.ts';
import type { GoogleClients } from '../clients.ts';
import { readFromRegistry, registryRepository } from '../registry-api.ts';
import { bundlesOfCosign } from './envelope.ts';

/** A whole bundle is some ten kilobytes. Who stores more than this has not attested a build. */
const maxBytes = 4 << 20;
const maxManifests = 100;

const bundleType = /^application\/vnd\.dev\.sigstore\.bundle(\.|\+)/;
const envelopeType = 'application/vnd.dsse.envelope.v1+json';

const descriptor = z.object({
  mediaType: z.string().default(''),
  digest: z.string().regex(/^sha256:[0-9a-f]{64}$/),
  annotations: z.record(z.string(), z.string()).default({}),
});
const manifest = z.object({ layers: z.array(descriptor).default([]) });
const index = z.object({ manifests: z.array(descriptor).default([]) });

/** Reads what is stored beside an image in its registry. */
export async function attestationsInRegistry(
  clients: GoogleClients,
  caller: Caller,
  image: string,
): Promise<StoredAttestation[]> {
  const digest = digestOf(image);
  const repository = registryRepository(image);
  if (!digest || !repository) return [];
  const read = (path: string) => readFromRegistry(clients, caller, repository, path, maxBytes);
  const found = await Promise.all([referrersOf(read, digest), taggedByCosign(read, digest)]);
  return found.flat();
}

type Read = (path: string) => Promise<string | undefined>;

/**
 * Reads bundles that refer to the image: GitHub's `push-to-registry`, and cosign from version 3 on. A registry without
 * the API keeps the list under a tag. Platform: OCI Distribution Specification 1.1, listing referrers.
 */
async function referrersOf(read: Read, digest: string): Promise<StoredAttestation[]> {
  const text = (await read(`referrers/${digest}`)) ?? (await read(`manifests/${tagOf(digest)}`));
  const { manifests } = parsed(index, text) ?? { manifests: [] };
  const found = await Promise.all(
    manifests
      .slice(0, maxManifests)
      .map(({ digest: referrer }) => attestationsOf(read, `manifests/${referrer}`, `referrer ${shortened(referrer)}`)),
  );
  return found.flat();
}

/** Reads envelopes under cosign's tag. Specification: cosign, SIGNATURE_SPEC, tag-based discovery. */
function taggedByCosign(read: Read, digest: string): Promise<StoredAttestation[]> {
  const tag = `${tagOf(digest)}.att`;
  return attestationsOf(read, `manifests/${tag}`, `tag ${tag.slice(0, 19)}….att`);
}

/** Reads the attestations that are layers of a manifest; a layer of another type is none. */
async function attestationsOf(read: Read, path: string, place: string): Promise<StoredAttestation[]> {
  const { layers } = parsed(manifest, await read(path)) ?? { layers: [] };
  const found = await Promise.all(
    layers.slice(0, maxManifests).map(async ({ mediaType, digest, annotations }) => {
      if (!bundleType.test(mediaType) && mediaType !== envelopeType) return [];
      const text = (await read(`blobs/${digest}`)) ?? '';
      return bundlesOf(mediaType, text, annotations).map((bundle) => ({ place, bundle }));
    }),
  );
  return found.flat();
}

function bundlesOf(mediaType: string, text: string, annotations: Record<string, string>): unknown[] {
  try {
    return mediaType === envelopeType ? bundlesOfCosign(text, annotations) : [JSON.parse(text) as unknown];
  } catch {
    return [null];
  }
}

/** Parses what anybody may have stored; undefined for what has no such form. */
function parsed<T>(schema: z.ZodType<T>, text: string | undefined): T | undefined {
  try {
    return text === undefined ? undefined : schema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

function tagOf(digest: string): string {
  return digest.replace(':', '-');
}

function shortened(digest: string): string {
  return `${digest.slice(0, 19)}…`;
}
