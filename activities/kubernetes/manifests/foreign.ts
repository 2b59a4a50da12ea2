import { restartAnnotation } from './annotations.ts';
import { describeConflict, type Comparison } from './compare.ts';
import { isDifferent } from './difference.ts';
import { describeObject, objectKey, type ManagedFields } from './manifest.ts';
import { appliedFields, describePath, fieldManager, has, isSetIn, leavesOf, managersOf } from './owned-fields.ts';
import { replicasManager } from './take-over.ts';

/** Managers whose fields are nobody's edit: ours, and the platform's controllers. */
const usualManagers: readonly string[] = [fieldManager, replicasManager, 'kube-controller-manager'];

const restartPath = `.spec.template.metadata.annotations.${restartAnnotation}`;

/**
 * Lists what somebody else has changed of an object since we applied it, one line each: fields that they have set,
 * removed or added. `comparison` is with what we applied. Values are not told (invariant I9).
 */
export function foreignChanges(comparison: Comparison): string[] {
  const object = describeObject(comparison.manifest);
  const { live, conflicts } = comparison;
  if (!live) return [describeDeletion(object)];
  const found = [
    ...conflicts.map(describeConflict),
    ...removedFields(comparison).map(([path]) => describeRemoval(object, path)),
    ...managersOf(live).flatMap((entry) => describeAdditions(comparison, entry)),
  ];
  if (found.length > 0 || !isDifferent(comparison)) return found;
  return [`${object} is not as Slipway recorded it when it was applied`];
}

/**
 * Lists what an apply would bring back although somebody has removed it. No server refuses that: nobody owns a field
 * that is not there. `applied` is the comparison with what was applied last, `next` with what would be.
 */
export function revertedRemovals(applied: readonly Comparison[], next: readonly Comparison[]): string[] {
  return applied.flatMap((comparison) => {
    const object = describeObject(comparison.manifest);
    const again = next.find(({ manifest }) => objectKey(manifest) === objectKey(comparison.manifest));
    if (!again) return [];
    if (!comparison.live) return [describeDeletion(object)];
    const paths = removedFields(comparison).filter(([, leaf]) => isSetIn(again.manifest, leaf));
    return unique(paths.map(([path]) => describeRemoval(object, path)));
  });
}

/** Finds fields that we applied and that are gone: what is gone as a whole, and one of its fields. */
function removedFields({ live, merged }: Comparison): [gone: string, leaf: string[]][] {
  const ours = appliedFields(live);
  if (!ours) return [];
  const gone = leavesOf(appliedFields(merged) ?? {})
    .filter((path) => path[0] !== 'f:metadata' && !has(ours, path) && !isSetIn(live, path))
    .map((leaf): [string, string[]] => [shortest(leaf, (path) => !isSetIn(live, path)), leaf]);
  return [...new Map(gone).entries()];
}

/** Says what a manager has set beside what we apply. */
function describeAdditions({ manifest, merged, isScaled }: Comparison, entry: ManagedFields): string[] {
  const { manager = 'somebody', subresource, fieldsV1 = {}, time = '' } = entry;
  const isScale = subresource === 'scale';
  if (usualManagers.includes(manager) || (subresource && !isScale) || (isScale && isScaled)) return [];
  const ours = appliedFields(merged) ?? {};
  const paths = leavesOf(fieldsV1)
    .filter(([top = '']) => !['f:metadata', 'f:status'].includes(top))
    .filter((path) => !has(ours, path) && !(isScaled && describePath(path) === '.spec.replicas'))
    .map((path) => shortest(path, (part) => !has(ours, part)))
    .filter((path) => path !== restartPath);
  if (paths.length === 0) return [];
  return [
    `${describeConflict({ object: describeObject(manifest), manager, fields: unique(paths), at: time })} (added)`,
  ];
}

/** Describes the shortest beginning of a path that a test holds for, such as a whole variable of a container. */
function shortest(path: string[], test: (part: string[]) => boolean): string {
  const lengths = path.map((_segment, index) => index + 1);
  const length = lengths.find((one) => test(path.slice(0, one))) ?? path.length;
  return describePath(path.slice(0, length));
}

const describeRemoval = (object: string, path: string): string => `somebody has removed ${path} of ${object}`;
const describeDeletion = (object: string): string => `somebody has deleted ${object}`;
const unique = (lines: readonly string[]): string[] => [...new Set(lines)];
