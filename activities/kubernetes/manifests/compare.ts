import { canonicalJson } from '../../../catalog/canonical-json.ts';
import { describeProblems, type Problem } from '../../../contract/failures.ts';
import { finalFailure } from '../../failure.ts';
import { CallError } from '../call-error.ts';
import { isFieldConflict } from '../failure.ts';
import { lastAppliedAnnotation } from './annotations.ts';
import { isScaled, withoutScaledReplicas } from './autoscaling.ts';
import { describeObject, nameOf, valueAt, withValueAt, type ManagedFields, type Manifest } from './manifest.ts';
import type { Objects } from './objects.ts';
import { appliedFields, describePath, has, isApplied, isSetIn, leavesOf, managersOf } from './owned-fields.ts';
import { isTakenOver, takeOverPatch, withoutShared } from './take-over.ts';

/** Says that somebody else owns fields of an object, with another value than ours. */
export interface Conflict {
  object: string;
  manager: string;
  /** Such as `scale`; '' for the object itself. */
  subresource: string;
  /** True if it was set by an update or a patch, false if it was applied. */
  isUpdate: boolean;
  fields: string[];
  /** When the manager last wrote the object; '' if that is not known. */
  at: string;
}

/** Compares one object as it is with what an apply would make of it. */
export interface Comparison {
  /** What is sent. */
  manifest: Manifest;
  live: Manifest | undefined;
  /** The server's answer to a dry run: defaults are filled in, quantities normalised. */
  merged: Manifest;
  /** `own`: every value is there, but not all of them are ours yet. */
  action: 'create' | 'change' | 'own' | 'same';
  conflicts: Conflict[];
  /** Fields of `kubectl apply` that the overlay lacks; they go when they are taken over. */
  removals: string[];
  /** True if an autoscaler has the number of replicas. */
  isScaled: boolean;
}

/**
 * Asks the server what an apply of each object would do; writes nothing. Throws `BadRequest` with everything that the
 * server refuses, each with its object.
 */
export async function compareAll(
  objects: Pick<Objects, 'read' | 'apply' | 'patch'>,
  manifests: readonly Manifest[],
  autoscalers: readonly Manifest[],
): Promise<Comparison[]> {
  const comparisons: Comparison[] = [];
  const problems: Problem[] = [];
  for (const manifest of manifests) {
    try {
      comparisons.push(await compare(objects, manifest, autoscalers));
    } catch (error) {
      if (!isRefused(error)) throw error;
      problems.push({ path: '', message: error.message });
    }
  }
  if (problems.length > 0) throw finalFailure('BadRequest', describeProblems(problems));
  return comparisons;
}

/**
 * Says whether the server refuses the manifest as such. It answers 500 to fields that it does not know and to
 * duplicates in a list (kubernetes#113482), which no repeat can mend.
 */
function isRefused(error: unknown): error is CallError {
  if (!(error instanceof CallError)) return false;
  if (error.status === 500) return error.message.includes('failed to create typed patch object');
  return [400, 404, 413, 422].includes(error.status ?? 0);
}

async function compare(
  objects: Pick<Objects, 'read' | 'apply' | 'patch'>,
  rendered: Manifest,
  autoscalers: readonly Manifest[],
): Promise<Comparison> {
  const manifest = withoutScaledReplicas(rendered, autoscalers);
  const scaled = isScaled(manifest, autoscalers);
  const live = await objects.read(nameOf(manifest));
  const conflicts: Conflict[] = [];
  const answer = await tryApply(objects, manifest, conflicts).catch((error: unknown) => {
    if (isRefused(error) && live && takeOverPatch(live, scaled)) return dryReplace(objects, manifest);
    throw error;
  });
  const merged = live && scaled ? withReplicasOf(live, answer) : answer;
  const compared = { manifest, live, merged, isScaled: scaled };
  if (!live) return { ...compared, action: 'create', conflicts, removals: [] };
  const foreign = conflicts.filter((conflict) => !isPredecessor(live, conflict, scaled));
  const dated = foreign.map((conflict) => ({ ...conflict, at: entriesOf(live, conflict)[0]?.time ?? '' }));
  const removals = removalsOf(live, merged, scaled);
  return { ...compared, action: actionOf(live, merged, removals), conflicts: dated, removals };
}

/** Runs an apply dry; where others own fields, it notes them and asks what would be if they did not. */
async function tryApply(objects: Pick<Objects, 'apply'>, manifest: Manifest, conflicts: Conflict[]): Promise<Manifest> {
  return objects.apply(manifest, { dryRun: true }).catch((error: unknown) => {
    if (!isFieldConflict(error)) throw error;
    conflicts.push(...conflictsOf(error, describeObject(manifest)));
    return objects.apply(manifest, { dryRun: true, force: true });
  });
}

/**
 * Asks what the object would be if its content was ours alone. Until it is taken over, what `kubectl` has set stays
 * beside what we apply, and the two may exclude each other: a renumbered port has the name of the old one.
 */
async function dryReplace(objects: Pick<Objects, 'patch'>, manifest: Manifest): Promise<Manifest> {
  const { apiVersion: _version, kind: _kind, metadata: _metadata, ...content } = manifest;
  const operations = Object.entries(content).map(([field, value]) => ({
    op: 'add' as const,
    path: `/${field}`,
    value,
  }));
  return objects.patch(nameOf(manifest), operations, { dryRun: true });
}

/** Says whether the fields of a manager become ours anyway. */
function isPredecessor(live: Manifest, conflict: Conflict, scaled: boolean): boolean {
  return entriesOf(live, conflict).some((entry) => isTakenOver(entry, live, scaled));
}

/** Finds what the platform keeps of a conflict's manager. */
function entriesOf(live: Manifest, { manager, subresource, isUpdate }: Conflict): ManagedFields[] {
  return managersOf(live).filter(
    (entry) =>
      entry.manager === manager &&
      (entry.subresource ?? '') === subresource &&
      (entry.operation === 'Update') === isUpdate,
  );
}

function actionOf(live: Manifest, merged: Manifest, removals: string[]): Comparison['action'] {
  if (removals.length > 0 || !hasSameContent(live, merged)) return 'change';
  const fields = (manifest: Manifest) => canonicalJson(appliedFields(manifest) ?? null);
  return fields(live) === fields(merged) ? 'same' : 'own';
}

/** Leaves out what the server writes by itself. */
export function contentOf(manifest: Manifest): Manifest {
  const { status: _status, metadata, ...content } = manifest;
  const {
    managedFields: _managers,
    resourceVersion: _version,
    generation: _generation,
    creationTimestamp: _created,
    uid: _uid,
    selfLink: _link,
    ...kept
  } = metadata;
  return { ...content, metadata: kept };
}

function hasSameContent(a: Manifest, b: Manifest): boolean {
  return canonicalJson(contentOf(a)) === canonicalJson(contentOf(b));
}

/** A dry run knows nothing of the hand-over of `spec.replicas`, which leaves the number as it is. */
function withReplicasOf(live: Manifest, merged: Manifest): Manifest {
  return withValueAt(merged, ['spec', 'replicas'], valueAt(live, ['spec', 'replicas']));
}

/**
 * Lists fields of predecessors that we do not set, and nobody else has. What `kubectl apply` was given is in its own
 * annotation; the server's defaults are not.
 */
function removalsOf(live: Manifest, merged: Manifest, scaled: boolean): string[] {
  const others = managersOf(live)
    .filter((entry) => !isApplied(entry) && !isTakenOver(entry, live, scaled))
    .map((entry) => withoutShared(entry, live));
  const kept = [appliedFields(merged) ?? {}, ...others.map(({ fieldsV1 }) => fieldsV1 ?? {})];
  const lastApplied = parseJson(live.metadata.annotations?.[lastAppliedAnnotation]);
  const isKept = (path: string[]) => kept.some((fields) => has(fields, path)) || (scaled && isReplicas(path));
  const shared = managersOf(live).filter((entry) => withoutShared(entry, live) !== entry);
  const oursToo = shared.length > 0 ? leavesOf(appliedFields(live) ?? {}) : [];
  const dropped = oursToo.filter((path) => shared.some(({ fieldsV1 }) => has(fieldsV1, path)));
  return managersOf(live)
    .filter((entry) => isTakenOver(entry, live, scaled) && entry.manager?.startsWith('kubectl'))
    .flatMap(({ operation, fieldsV1 }) =>
      leavesOf(fieldsV1 ?? {}).filter((path) => operation === 'Apply' || isSetIn(lastApplied, path)),
    )
    .concat(dropped)
    .filter((path) => path[0] !== 'f:metadata' && !isKept(path))
    .map(describePath);
}

const isReplicas = (path: readonly string[]): boolean => path.join(' ') === 'f:spec f:replicas';

function parseJson(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? 'null');
  } catch {
    return null;
  }
}

/** Reads manager and fields of each cause. Platform: apimachinery, managedfields/internal/conflict.go. */
export function conflictsOf(error: unknown, object: string): Conflict[] {
  if (!(error instanceof CallError)) return [];
  const causes = error.causes.filter(({ reason }) => reason === 'FieldManagerConflict');
  const byManager = Map.groupBy(causes, ({ message }) => message);
  return [...byManager].map(([message, found]) => {
    const [, manager = message, subresource = ''] =
      /conflict with "([^"]*)"(?: with subresource "([^"]*)")?/.exec(message) ?? [];
    const fields = found.map(({ field }) => field);
    return { object, manager, subresource, isUpdate: / using /.test(message), fields, at: '' };
  });
}

/** Says in one line who has set what, and when; never the value (invariant I9). */
export function describeConflict({ object, manager, fields, at }: Omit<Conflict, 'subresource' | 'isUpdate'>): string {
  return `${manager} has set ${fields.join(', ')} of ${object}${at === '' ? '' : ` at ${at}`}`;
}
