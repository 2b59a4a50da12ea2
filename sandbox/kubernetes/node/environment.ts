import type { V1Container, V1EnvFromSource, V1EnvVar, V1Pod } from '@kubernetes/client-node';
import type { ConfigReader } from './config-reader.ts';
import { ConfigError } from './config-reader.ts';

export interface EnvironmentFacts {
  pod: V1Pod;
  podIP: string;
  nodeName: string;
  /** What the platform adds below everything else. */
  services: Record<string, string>;
}

/** Resolves a container's variables; throws a ConfigError where a reference leads nowhere. */
export async function resolveEnvironment(
  container: V1Container,
  facts: EnvironmentFacts,
  config: ConfigReader,
): Promise<Record<string, string>> {
  const { pod, podIP } = facts;
  // Platform: a container has its own network and listens everywhere. Here it must listen on its pod's address.
  const own = { HOSTNAME: pod.metadata?.name ?? '', POD_IP: podIP, HOST: podIP };
  const result: Record<string, string> = { ...facts.services, ...own };
  for (const source of container.envFrom ?? []) Object.assign(result, await fromSource(source, config));
  for (const variable of container.env ?? []) {
    const value = await valueOf(variable, result, facts, config);
    if (value !== undefined) result[variable.name] = value;
  }
  return result;
}

async function fromSource(
  { prefix = '', configMapRef, secretRef }: V1EnvFromSource,
  config: ConfigReader,
): Promise<Record<string, string>> {
  const data = configMapRef
    ? await config.configMap(configMapRef.name ?? '', configMapRef.optional ?? false)
    : await config.secret(secretRef?.name ?? '', secretRef?.optional ?? false);
  return Object.fromEntries([...(data ?? [])].map(([key, value]) => [`${prefix}${key}`, value.toString('utf8')]));
}

async function valueOf(
  { value, valueFrom }: V1EnvVar,
  earlier: Record<string, string>,
  facts: EnvironmentFacts,
  config: ConfigReader,
): Promise<string | undefined> {
  if (!valueFrom) return expand(value ?? '', earlier);
  const { configMapKeyRef, secretKeyRef, fieldRef } = valueFrom;
  if (fieldRef) return field(fieldRef.fieldPath, facts);
  if (configMapKeyRef) return config.key('ConfigMap', configMapKeyRef);
  if (secretKeyRef) return config.key('Secret', secretKeyRef);
  throw new ConfigError('the sandbox resolves configMapKeyRef, secretKeyRef and fieldRef only');
}

/**
 * Replaces `$(NAME)` by a variable that is known; `$$(NAME)` stays as `$(NAME)`. Platform: kubelet,
 * third_party/forked/golang/expansion.
 */
export function expand(text: string, variables: Record<string, string>): string {
  return text.replace(/\$\$|\$\(([^)]*)\)/g, (match, name: string | undefined) =>
    name === undefined ? '$' : (variables[name] ?? match),
  );
}

/** Reads a field of the pod. Platform: the fields that the Downward API allows in variables. */
export function field(path: string, { pod, podIP, nodeName }: Omit<EnvironmentFacts, 'services'>): string {
  const { metadata, spec } = pod;
  const keyed = /^metadata\.(labels|annotations)\['(.+)'\]$/.exec(path);
  if (keyed) return metadata?.[keyed[1] as 'labels' | 'annotations']?.[keyed[2] ?? ''] ?? '';
  const fields: Record<string, string | undefined> = {
    'metadata.name': metadata?.name,
    'metadata.namespace': metadata?.namespace,
    'metadata.uid': metadata?.uid,
    'spec.nodeName': nodeName,
    'spec.serviceAccountName': spec?.serviceAccountName ?? 'default',
    'status.podIP': podIP,
    'status.podIPs': podIP,
    'status.hostIP': '127.0.0.1',
  };
  const value = fields[path];
  if (value === undefined) throw new ConfigError(`the sandbox does not know the field ${path}`);
  return value;
}
