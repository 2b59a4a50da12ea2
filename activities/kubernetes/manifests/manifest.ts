/** An object of the Kubernetes API as JSON, whatever its kind. */
export interface Manifest {
  apiVersion: string;
  kind: string;
  metadata: Metadata;
  [field: string]: unknown;
}

export interface Metadata {
  name: string;
  namespace?: string;
  uid?: string;
  resourceVersion?: string;
  creationTimestamp?: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  managedFields?: ManagedFields[];
  [field: string]: unknown;
}

/** Says which fields a manager has set. Platform: Kubernetes API, ManagedFieldsEntry. */
export interface ManagedFields {
  manager?: string;
  operation?: string;
  apiVersion?: string;
  fieldsType?: string;
  fieldsV1?: Fields;
  time?: string;
  subresource?: string;
}

/** A set of fields as a tree. Platform: Kubernetes API, FieldsV1. */
export interface Fields {
  [segment: string]: Fields;
}

/** Names one object of a namespace. */
export interface ObjectName {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace?: string };
}

export interface Workload {
  kind: 'StatefulSet' | 'Deployment' | 'DaemonSet';
  name: string;
}

/** Names an object as people do: `StatefulSet/runtime`. */
export function describeObject({ kind, metadata }: ObjectName): string {
  return `${kind}/${metadata.name}`;
}

/** Makes the key of an object in its cluster. The version of its API does not change what it is. */
export function objectKey({ apiVersion, kind, metadata }: ObjectName): string {
  const group = apiVersion.includes('/') ? apiVersion.split('/')[0] : '';
  return [group, kind, metadata.namespace ?? '', metadata.name].join('/');
}

export function nameOf({ apiVersion, kind, metadata }: ObjectName): ObjectName {
  const namespace = metadata.namespace === undefined ? {} : { namespace: metadata.namespace };
  return { apiVersion, kind, metadata: { name: metadata.name, ...namespace } };
}

export function workloadName({ kind, name }: Workload, namespace: string): ObjectName {
  return { apiVersion: 'apps/v1', kind, metadata: { name, namespace } };
}

export function isWorkload(manifest: ObjectName, { kind, name }: Workload): boolean {
  return manifest.apiVersion.startsWith('apps/') && manifest.kind === kind && manifest.metadata.name === name;
}

/** Reads what is at a path of field names, such as `['spec', 'replicas']`; undefined if nothing is there. */
export function valueAt(object: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((value, field) => (isRecord(value) ? value[field] : undefined), object);
}

/** Reads a list of objects at a path; empty if there is none. */
export function listAt(object: unknown, path: readonly string[]): Record<string, unknown>[] {
  const value = valueAt(object, path);
  return Array.isArray(value) ? value.filter(isRecord) : [];
}

/** Makes a copy that has another value at a path; undefined removes the field. */
export function withValueAt<T extends object>(object: T, path: readonly string[], value: unknown): T {
  const [field, ...rest] = path;
  if (field === undefined) return object;
  const copy = { ...object } as Record<string, unknown>;
  const inner = isRecord(copy[field]) ? copy[field] : {};
  if (rest.length > 0) copy[field] = withValueAt(inner, rest, value);
  else if (value === undefined) delete copy[field];
  else copy[field] = value;
  return copy as T;
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}
