import { isRecord } from '../manifests/manifest.ts';

/** A ConfigMap or a Secret that a pod reads. */
export interface Configuration {
  kind: 'ConfigMap' | 'Secret';
  name: string;
}

/** Fields of a pod's spec that name one. Platform: Kubernetes API, PodSpec, with all its kinds of volumes. */
const kinds: Readonly<Record<string, Configuration['kind']>> = {
  configMap: 'ConfigMap',
  configMapKeyRef: 'ConfigMap',
  configMapRef: 'ConfigMap',
  azureFile: 'Secret',
  imagePullSecrets: 'Secret',
  nodePublishSecretRef: 'Secret',
  secret: 'Secret',
  secretKeyRef: 'Secret',
  secretRef: 'Secret',
};

const nameFields: readonly string[] = ['name', 'secretName'];

/** Makes a copy of a pod's spec with other names of what it reads; undefined leaves a name as it is. */
export function withReferences<T>(spec: T, rename: (read: Configuration) => string | undefined): T {
  return renamed(spec, '') as T;

  function renamed(value: unknown, field: string): unknown {
    if (Array.isArray(value)) return value.map((one) => renamed(one, field));
    if (!isRecord(value)) return value;
    const kind = kinds[field];
    const entries = Object.entries(value).map(([key, inner]) => {
      if (!kind || !nameFields.includes(key) || typeof inner !== 'string') return [key, renamed(inner, key)];
      return [key, rename({ kind, name: inner }) ?? inner];
    });
    return Object.fromEntries(entries) as unknown;
  }
}
