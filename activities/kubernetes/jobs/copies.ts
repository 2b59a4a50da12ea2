import { canonicalJson, sha256 } from '../../../catalog/canonical-json.ts';
import { finalFailure } from '../../failure.ts';
import { workloadLabel } from '../manifests/annotations.ts';
import { describeObject, isRecord, type Manifest } from '../manifests/manifest.ts';
import type { JobObject, WriteContext } from '../session.ts';
import { withReferences, type Configuration } from './references.ts';

/**
 * A ConfigMap or a Secret of an overlay, as one Job reads it. The cluster may have another of this name, which pods
 * that run go on with until the roll-out. So each Job has copies of its own, which go when it is deleted.
 */
export interface Copy extends Configuration {
  /** What the copy is called. It is a function of the Job and of the content, so that a repeat finds it. */
  copyName: string;
  content: Content;
}

/** What pods read of a ConfigMap or a Secret. */
interface Content {
  type?: unknown;
  data?: Record<string, unknown>;
  binaryData?: Record<string, unknown>;
}

/** Platform: the longest name of an object. */
const maxNameLength = 253;
const hashLength = 10;

/** Says whether an overlay's object has content that a Job reads in a copy. */
export function isCopied({ kind, data, binaryData }: Manifest): boolean {
  return ['ConfigMap', 'Secret'].includes(kind) && (isFilled(data) || isFilled(binaryData));
}

/** Lists the copies that a Job may have, of what its overlay says. */
export function copiesFor(job: string, manifests: readonly Manifest[]): Copy[] {
  return manifests.filter(isCopied).map((manifest) => {
    const content = contentOf(manifest);
    const { kind, metadata } = manifest as Manifest & { kind: Copy['kind'] };
    const hash = sha256(canonicalJson({ job, content })).slice(0, hashLength);
    const kept = metadata.name.slice(0, maxNameLength - hashLength - 1).replace(/[-.]+$/, '');
    return { kind, name: metadata.name, copyName: `${kept}-${hash}`, content };
  });
}

/** Makes a pod's spec read the copies instead of the objects of the overlay. */
export function readingCopies<T>(spec: T, copies: readonly Copy[]): T {
  return withReferences(spec, (read) => copies.find(isSame(read))?.copyName);
}

function isSame({ kind, name }: Configuration): (one: Configuration) => boolean {
  return (one) => one.kind === kind && one.name === name;
}

/** Creates the copies that a Job reads. A repeat finds them; one of other content or of another Job is refused. */
export async function createCopies(write: WriteContext, job: JobObject, copies: readonly Copy[]): Promise<void> {
  const read: Configuration[] = [];
  withReferences(job.spec?.template.spec, (reference) => void read.push(reference));
  for (const copy of copies.filter(({ kind, copyName }) => read.some(isSame({ kind, name: copyName })))) {
    const manifest = copyOf(write, job, copy);
    const found = await write.objects.createOrFind(manifest);
    if (canonicalJson(identityOf(found)) !== canonicalJson(identityOf(manifest)))
      throw finalFailure(
        'Drifted',
        `${describeObject(manifest)} is not the copy that Job ${job.metadata.name} has to read: somebody else made it`,
      );
  }
}

/** Makes an object that nobody can change, and that the cluster deletes with its Job. */
function copyOf({ target }: WriteContext, job: JobObject, { kind, copyName, content }: Copy): Manifest {
  const { name, uid } = job.metadata;
  return {
    apiVersion: 'v1',
    kind,
    metadata: {
      name: copyName,
      namespace: target.namespace,
      labels: { [workloadLabel]: target.workload.name },
      ownerReferences: [{ apiVersion: 'batch/v1', kind: 'Job', name, uid }],
    },
    immutable: true,
    ...content,
  };
}

function identityOf(manifest: Manifest): unknown {
  const [owner] = (manifest.metadata['ownerReferences'] ?? []) as { uid?: string }[];
  return { owner: owner?.uid, immutable: manifest['immutable'], content: contentOf(manifest) };
}

/** Reads the content as the server answers it: base64 without line breaks, no empty fields, a Secret with its type. */
function contentOf({ kind, type, data, binaryData }: Manifest): Content {
  const isSecret = kind === 'Secret';
  const plain = isSecret ? withoutLineBreaks(data) : data;
  return {
    ...(isSecret && { type: type ?? 'Opaque' }),
    ...(isFilled(plain) && { data: plain }),
    ...(isFilled(binaryData) && { binaryData: withoutLineBreaks(binaryData) }),
  };
}

function isFilled(data: unknown): data is Record<string, unknown> {
  return isRecord(data) && Object.keys(data).length > 0;
}

function withoutLineBreaks(data: unknown): Record<string, unknown> {
  const entries = Object.entries(isRecord(data) ? data : {});
  return Object.fromEntries(
    entries.map(([key, value]) => [key, typeof value === 'string' ? value.replace(/[\r\n]/g, '') : value]),
  );
}
