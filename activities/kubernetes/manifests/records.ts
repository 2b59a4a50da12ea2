import { gunzipSync, gzipSync } from 'node:zlib';
import type { V1PodTemplateSpec } from '@kubernetes/client-node';
import { canonicalJson, sha256 } from '../../../catalog/canonical-json.ts';
import type { Marker } from '../../../contract/fence.ts';
import { finalFailure } from '../../failure.ts';
import { isAlreadyThere } from '../failure.ts';
import { sameTemplate } from '../revisions.ts';
import { authorOf, ownPrefix } from '../../fence.ts';
import { lastAppliedAnnotation, withoutAnnotations, workloadLabel } from './annotations.ts';
import { contentOf } from './compare.ts';
import {
  isRecord,
  isWorkload,
  nameOf,
  objectKey,
  valueAt,
  withValueAt,
  type Manifest,
  type ObjectName,
  type Workload,
} from './manifest.ts';
import type { Objects } from './objects.ts';

/** Records are Secrets, since manifests may hold values of some. A payload has only their names (invariant I9). */
const secret = { apiVersion: 'v1', kind: 'Secret' };
const recordType = 'slipway.dev/manifests';
const kindLabel = `${ownPrefix}workload-kind`;
const hashAnnotation = `${ownPrefix}manifests-hash`;

/** What fits beside the rest of a Secret. Platform: Kubernetes API, MaxSecretSize of 1 MiB. */
const maxBytes = 1_000_000;
/** A record that unpacks to more than this was not written by us. */
const maxUnpackedBytes = 64 * 1024 * 1024;
const newestKept = 10;
const beforeSuffix = '-before';

export interface RecordPlace {
  namespace: string;
  workload: Workload;
}

/** Makes the name of the record of a change's attempt. */
export function recordName({ name }: Workload, { change, attempt }: Pick<Marker, 'change' | 'attempt'>): string {
  return `slipway-${name}-${change}-a${attempt}`;
}

/** Makes the name of the record of what lived before a change. */
export function firstRecordName({ name }: Workload, { change }: Pick<Marker, 'change'>): string {
  return `slipway-${name}-${change}${beforeSuffix}`;
}

/** Makes the name of the record of a state that an attempt restored although nobody had recorded it. */
export function restoredRecordName(workload: Workload, marker: Pick<Marker, 'change' | 'attempt'>): string {
  return `${recordName(workload, marker)}-restored`;
}

/**
 * Records manifests under a name, once; answers their hash. A repeat finds the record. Throws `Drifted` if another one
 * has the name.
 */
export async function writeRecord(
  objects: Pick<Objects, 'create' | 'read'>,
  place: RecordPlace,
  name: string,
  manifests: readonly Manifest[],
): Promise<{ name: string; hash: string }> {
  const json = canonicalJson(manifests);
  const hash = sha256(json);
  const packed = gzipSync(json, { level: 9 }).toString('base64');
  if (packed.length > maxBytes)
    throw finalFailure(
      'BadRequest',
      `the manifests of ${name} have ${packed.length} bytes even when packed, and a record at most ${maxBytes}`,
    );
  try {
    await objects.create(recordSecret(place, name, hash, packed));
  } catch (error) {
    if (!isAlreadyThere(error)) throw error;
    await adopt(objects, place, name, hash);
  }
  return { name, hash };
}

function recordSecret({ namespace, workload }: RecordPlace, name: string, hash: string, packed: string): Manifest {
  return {
    ...secret,
    metadata: {
      name,
      namespace,
      labels: { [workloadLabel]: workload.name, [kindLabel]: workload.kind },
      annotations: { [hashAnnotation]: hash },
    },
    type: recordType,
    immutable: true,
    data: { manifests: packed },
  };
}

async function adopt(objects: Pick<Objects, 'read'>, place: RecordPlace, name: string, hash: string): Promise<void> {
  const found = await objects.read({ ...secret, metadata: { name, namespace: place.namespace } });
  const recorded = found?.metadata.annotations?.[hashAnnotation];
  if (found?.type !== recordType || recorded !== hash)
    throw finalFailure('Drifted', `Secret/${name} is there with other manifests (${recorded ?? 'no record of ours'})`);
}

/** Reads a record. Throws `Missing` if it is gone, `Drifted` if it is not as it was written. */
export async function readRecord(
  objects: Pick<Objects, 'read'>,
  place: RecordPlace,
  name: string,
): Promise<{ manifests: Manifest[]; hash: string }> {
  const found = await findRecord(objects, place, name);
  if (found) return found;
  throw finalFailure('Missing', `the record Secret/${name} is not in namespace ${place.namespace} any more`);
}

/**
 * Finds what was applied with a template: the record of the change that made it, else of what some change found before
 * its own work. Undefined if there is neither.
 */
export async function findTemplateRecord(
  objects: Pick<Objects, 'read' | 'listMetadata'>,
  place: RecordPlace,
  template: V1PodTemplateSpec,
): Promise<{ name: string; manifests: Manifest[] } | undefined> {
  const { workload } = place;
  const author = authorOf(template.metadata?.annotations);
  const own = author && recordName(workload, author);
  const applied = own && (await findRecord(objects, place, own));
  if (applied) return { name: own, manifests: applied.manifests };
  const names = (await listRecords(objects, place)).map(({ metadata }) => metadata.name);
  for (const name of names.filter((one) => one.endsWith(beforeSuffix))) {
    const found = await findRecord(objects, place, name);
    const before = found?.manifests.find((manifest) => isWorkload(manifest, workload));
    if (found && before && hasTemplate(before, template)) return { name, manifests: found.manifests };
  }
  return undefined;
}

/** Compares a workload's template with another one, without what our writes leave on it. */
function hasTemplate(workload: Manifest, template: V1PodTemplateSpec): boolean {
  const bare = withoutAnnotations(withValueAt(workload, ['spec', 'template'], template), isOfServer);
  const [own, other] = [workload, bare].map((one) => valueAt(one, ['spec', 'template']) as V1PodTemplateSpec);
  return own !== undefined && other !== undefined && sameTemplate(own, other);
}

/** Reads a record; undefined if it does not exist. Throws `Drifted` if it is not as it was written. */
export async function findRecord(
  objects: Pick<Objects, 'read'>,
  { namespace }: RecordPlace,
  name: string,
): Promise<{ manifests: Manifest[]; hash: string } | undefined> {
  const found = await objects.read({ ...secret, metadata: { name, namespace } });
  if (!found) return undefined;
  const hash = found.metadata.annotations?.[hashAnnotation] ?? '';
  const json = found.type === recordType ? unpack(found.data) : undefined;
  if (json === undefined || sha256(json) !== hash)
    throw finalFailure('Drifted', `Secret/${name} is no record of manifests any more: its content has changed`);
  return { manifests: JSON.parse(json) as Manifest[], hash };
}

function unpack(data: unknown): string | undefined {
  const packed = isRecord(data) ? data.manifests : undefined;
  if (typeof packed !== 'string') return undefined;
  try {
    return gunzipSync(Buffer.from(packed, 'base64'), { maxOutputLength: maxUnpackedBytes }).toString('utf8');
  } catch {
    return undefined;
  }
}

/** Removes records, but not the newest ten and not those that a revision of the ledger needs; answers their names. */
export async function pruneRecords(
  objects: Pick<Objects, 'listMetadata' | 'delete'>,
  place: RecordPlace,
  needed: readonly string[],
): Promise<string[]> {
  const others = (await listRecords(objects, place)).slice(newestKept);
  const unneeded = others.filter(({ metadata }) => !needed.includes(metadata.name));
  for (const record of unneeded) await objects.delete(nameOf(record), record.metadata.uid ?? '');
  return unneeded.map(({ metadata }) => metadata.name);
}

/** Lists the records of a workload, newest first, without their contents. */
async function listRecords(
  objects: Pick<Objects, 'listMetadata'>,
  { namespace, workload }: RecordPlace,
): Promise<Manifest[]> {
  const labels = `${workloadLabel}=${workload.name},${kindLabel}=${workload.kind}`;
  const found = await objects.listMetadata(secret, namespace, labels);
  const ageOf = ({ metadata }: Manifest) => `${metadata.creationTimestamp ?? ''} ${metadata.name}`;
  return found.sort((a, b) => (ageOf(a) < ageOf(b) ? 1 : -1));
}

/** Reads the objects that live now, as they could be applied again; those that are not there are left out. */
export async function liveManifests(objects: Pick<Objects, 'read'>, names: readonly ObjectName[]): Promise<Manifest[]> {
  const found: Manifest[] = [];
  for (const name of names) {
    const live = await objects.read(nameOf(name));
    if (live) found.push(asApplied(live));
  }
  return found;
}

/** Makes of a live object what could be applied again: without what the server and our writes add. */
export function asApplied(live: Manifest): Manifest {
  return withoutAnnotations(contentOf(live), isOfServer);
}

/** Says whether an annotation of an object belongs to its last write, and not to what it is. */
function isOfServer(key: string): boolean {
  return key === lastAppliedAnnotation || key.startsWith(ownPrefix) || key === 'deployment.kubernetes.io/revision';
}

/**
 * Finds objects of records that the overlay has no more, but the cluster still has. They stay: pods of an older
 * revision may need them, and so does a restore. `neededBy` names the records that have them.
 */
export async function leftOver(
  objects: Pick<Objects, 'read'>,
  manifests: readonly ObjectName[],
  records: readonly { name: string; manifests: readonly Manifest[] }[],
): Promise<{ object: ObjectName; neededBy: string[] }[]> {
  const rendered = new Set(manifests.map(objectKey));
  const found = new Map<string, { object: ObjectName; neededBy: string[] }>();
  for (const record of records)
    for (const manifest of record.manifests.filter((each) => !rendered.has(objectKey(each)))) {
      const entry = found.get(objectKey(manifest)) ?? { object: nameOf(manifest), neededBy: [] };
      found.set(objectKey(manifest), { ...entry, neededBy: [...entry.neededBy, record.name] });
    }
  const there = await Promise.all(
    [...found.values()].map(async (entry) => ({ entry, live: await objects.read(entry.object) })),
  );
  return there.filter(({ live }) => live).map(({ entry }) => entry);
}
