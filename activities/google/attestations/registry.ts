import { z } from 'zod';
import { digestOf } from '../../../contract/artifact.ts';
import type { StoredAttestation } from '../../ports/attestations.ts';
import type { Caller } from '../call.ts';
import type { GoogleClients } from '../clients.ts';
import { readFromRegistry, registryRepository } from '../registry-api.ts';
import { bundlesOfCosign } from './envelope.ts';

/** A whole bundle is some ten kilobytes. Who stores more than this has not attested a build. */
const maxBytes = 4 << 20;
/** A hundred attestations: a manifest and a blob each. */
const maxReads = 200;
const maxBytesInAll = 32 << 20;

const bundleType = /^application\/vnd\.dev\.sigstore\.bundle(\.|\+)/;
const envelopeType = 'application/vnd.dsse.envelope.v1+json';

const descriptor = z.object({
  mediaType: z.string().default(''),
  digest: z.string().regex(/^sha256:[0-9a-f]{64}$/),
  size: z.number().default(0),
  annotations: z.record(z.string(), z.string()).default({}),
});
const manifest = z.object({ layers: z.array(descriptor).default([]) });
const index = z.object({ manifests: z.array(descriptor).default([]) });

/**
 * Reads what is stored beside an image in its registry, one thing after the other. Whoever may push there must not take
 * the worker's memory, so one image has a budget.
 */
export async function attestationsInRegistry(
  clients: GoogleClients,
  caller: Caller,
  image: string,
): Promise<StoredAttestation[]> {
  const digest = digestOf(image);
  const repository = registryRepository(image);
  if (!digest || !repository) return [];
  const store = new BudgetedStore((path, limit) => readFromRegistry(clients, caller, repository, path, limit));
  const found = [...(await referrersOf(store, digest)), ...(await taggedByCosign(store, digest))];
  return store.isUsedUp ? [{ place: '', problem: 'more is stored beside it than is read' }, ...found] : found;
}

/** Reads for one image until its budget is used up, and from then on nothing. */
class BudgetedStore {
  isUsedUp = false;
  private reads = 0;
  private bytes = 0;
  private readonly readAtMost: (path: string, maxBytes: number) => Promise<string | undefined>;

  constructor(readAtMost: BudgetedStore['readAtMost']) {
    this.readAtMost = readAtMost;
  }

  /** Reads a text of this size, where it is known; undefined for what is not there or not read. */
  async read(path: string, size = 0): Promise<string | undefined> {
    const left = maxBytesInAll - this.bytes;
    this.isUsedUp ||= this.reads === maxReads || left <= 0 || size > left;
    if (this.isUsedUp) return undefined;
    this.reads += 1;
    const text = await this.readAtMost(path, Math.min(maxBytes, left));
    // A text that is too large is empty here, and was read up to the limit.
    this.bytes += text === '' ? maxBytes : Buffer.byteLength(text ?? '');
    return text;
  }
}

/**
 * Reads bundles that refer to the image: GitHub's `push-to-registry`, and cosign from version 3 on. A registry without
 * the API keeps the list under a tag. Platform: OCI Distribution Specification 1.1, listing referrers.
 */
async function referrersOf(store: BudgetedStore, digest: string): Promise<StoredAttestation[]> {
  const text = (await store.read(`referrers/${digest}`)) ?? (await store.read(`manifests/${tagOf(digest)}`));
  const { manifests } = parsed(index, text) ?? { manifests: [] };
  const found: StoredAttestation[] = [];
  for (const { digest: referrer, size } of manifests) {
    if (store.isUsedUp) break;
    found.push(...(await attestationsOf(store, `manifests/${referrer}`, `referrer ${shortened(referrer)}`, size)));
  }
  return found;
}

/** Reads envelopes under cosign's tag. Specification: cosign, SIGNATURE_SPEC, tag-based discovery. */
function taggedByCosign(store: BudgetedStore, digest: string): Promise<StoredAttestation[]> {
  const tag = `${tagOf(digest)}.att`;
  return attestationsOf(store, `manifests/${tag}`, `tag ${tag.slice(0, 19)}….att`);
}

/** Reads the attestations that are layers of a manifest; a layer of another type is none. */
async function attestationsOf(
  store: BudgetedStore,
  path: string,
  place: string,
  manifestSize = 0,
): Promise<StoredAttestation[]> {
  const { layers } = parsed(manifest, await store.read(path, manifestSize)) ?? { layers: [] };
  const found: StoredAttestation[] = [];
  for (const { mediaType, digest, size, annotations } of layers) {
    if (store.isUsedUp) break;
    if (!bundleType.test(mediaType) && mediaType !== envelopeType) continue;
    if (size > maxBytes) {
      found.push({ place, problem: 'is larger than is read' });
      continue;
    }
    const text = await store.read(`blobs/${digest}`, size);
    if (text === undefined) continue;
    found.push(...bundlesOf(mediaType, text, annotations).map((bundle) => ({ place, bundle })));
  }
  return found;
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
