import { isRecord, type Fields, type Manifest, type ManagedFields } from './manifest.ts';

/** Names us where the platform keeps who set which field. */
export const fieldManager = 'slipway';

/** Joins two sets of fields. */
export function union(a: Fields, b: Fields): Fields {
  const joined: Fields = { ...a };
  for (const [segment, inner] of Object.entries(b)) joined[segment] = union(joined[segment] ?? {}, inner);
  return joined;
}

/** Removes a path of segments, such as `['f:spec', 'f:replicas']`, and what is empty without it. */
export function without(fields: Fields, path: readonly string[]): Fields {
  const [segment = '', ...rest] = path;
  const inner = fields[segment];
  if (!inner) return fields;
  const { [segment]: _removed, ...others } = fields;
  const kept = rest.length === 0 ? {} : without(inner, rest);
  return Object.keys(kept).length > 0 ? { ...others, [segment]: kept } : others;
}

/** Removes all leaves that another set has, too, and what is empty without them. */
export function minus(fields: Fields, other: Fields): Fields {
  const kept = Object.entries(fields).flatMap(([segment, inner]): [string, Fields][] => {
    const same = other[segment];
    if (!same) return [[segment, inner]];
    const rest = minus(inner, same);
    return Object.keys(rest).length > 0 ? [[segment, rest]] : [];
  });
  return Object.fromEntries(kept);
}

export function has(fields: Fields | undefined, path: readonly string[]): boolean {
  return path.reduce<Fields | undefined>((inner, segment) => inner?.[segment], fields) !== undefined;
}

/** Lists the leaves of a set, each as its path of segments. */
export function leavesOf(fields: Fields): string[][] {
  return Object.entries(fields).flatMap(([segment, inner]) => {
    if (segment === '.') return [];
    const below = leavesOf(inner);
    return below.length > 0 ? below.map((path) => [segment, ...path]) : [[segment]];
  });
}

/** Writes a path as the platform does, such as `.spec.containers[name="a"].image`. */
export function describePath(path: readonly string[]): string {
  return path.map(describeSegment).join('');
}

/** Says whether an object has something at a path. */
export function isSetIn(object: unknown, path: readonly string[]): boolean {
  const [segment, ...rest] = path;
  if (segment === undefined) return object !== undefined;
  const text = segment.slice(2);
  if (segment.startsWith('f:')) return isRecord(object) && isSetIn(object[text], rest);
  if (!Array.isArray(object)) return false;
  const wanted: unknown = JSON.parse(text);
  if (!segment.startsWith('k:')) return object.includes(wanted);
  const keys = isRecord(wanted) ? Object.entries(wanted) : [];
  // A key that is absent has its default, such as the protocol of a port.
  const isWanted = (item: unknown) =>
    isRecord(item) && keys.every(([key, value]) => [undefined, value].includes(item[key]));
  return object.some((item) => isWanted(item) && isSetIn(item, rest));
}

/** Writes a segment of FieldsV1. Platform: structured-merge-diff, fieldpath/serialize-pe.go. */
function describeSegment(segment: string): string {
  const text = segment.slice(2);
  if (segment.startsWith('f:')) return `.${text}`;
  if (!segment.startsWith('k:')) return `[${text}]`;
  const keys: unknown = JSON.parse(text);
  const pairs = isRecord(keys) ? Object.entries(keys) : [];
  return `[${pairs.map(([key, value]) => `${key}=${JSON.stringify(value)}`).join(',')}]`;
}

export function managersOf({ metadata }: Manifest): ManagedFields[] {
  return metadata.managedFields ?? [];
}

/** Says whether an entry is what we applied, and not what we changed by a patch. */
export function isApplied({ manager, operation, subresource }: ManagedFields): boolean {
  return manager === fieldManager && operation === 'Apply' && !subresource;
}

/** Reads the fields that we applied; undefined if we never did. */
export function appliedFields(manifest: Manifest | undefined): Fields | undefined {
  return manifest && managersOf(manifest).find(isApplied)?.fieldsV1;
}
