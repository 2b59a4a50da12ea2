import type { KubernetesEntry } from '../../contract/catalog/targets/kubernetes.ts';
import type { Images, Sources } from '../ports/index.ts';
import type { Platform, SecretVersions } from '../ports/platform.ts';
import { createKubernetesClients, type KubernetesAccess } from './client.ts';
import { createPods } from './instances.ts';
import { createPodLogs } from './logs.ts';
import { createClusterSecrets, createClusterSecretVersions } from './secrets.ts';
import { createKubernetesTarget } from './target.ts';

export interface KubernetesAdapters {
  /** The platform of targets of kind `kubernetes`. */
  kubernetes: Platform<KubernetesEntry>;
  close(): void;
}

/** Makes the ports that Kubernetes implements. No cluster is asked before a target of it is. */
export function createKubernetesAdapters(
  sources: Pick<Sources, 'checkout'>,
  images: Images,
  access: KubernetesAccess = {},
): KubernetesAdapters {
  const clients = createKubernetesClients(access);
  return {
    kubernetes: {
      target: createKubernetesTarget(clients, { sources, kubectl: access.kubectl }, images),
      logs: createPodLogs(clients),
      secrets: createClusterSecrets(clients),
      instances: createPods(clients),
    },
    close: () => clients.close(),
  };
}

/** Opens the secrets of clusters for a person's own machine. */
export function openSecretVersions(access: KubernetesAccess = {}): SecretVersions<KubernetesEntry> {
  return createClusterSecretVersions(createKubernetesClients(access));
}
