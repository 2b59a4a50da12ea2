import { isWorkload, objectKey, type Manifest, type ObjectName, type Workload } from './manifest.ts';

/** Kinds that others need: whoever is started finds them. Source: the order of fluxcd/pkg ssa/sort.go. */
const kindsBefore = [
  'Namespace',
  'ResourceQuota',
  'LimitRange',
  'NetworkPolicy',
  'ServiceAccount',
  'Role',
  'RoleBinding',
  'Secret',
  'ConfigMap',
  'PersistentVolumeClaim',
  'Service',
];

const workloadKinds = ['DaemonSet', 'Deployment', 'ReplicaSet', 'StatefulSet', 'CronJob'];

/** Kinds that speak of a workload: it is there before they are. */
const kindsAfter = ['HorizontalPodAutoscaler', 'PodDisruptionBudget', 'Ingress', 'HTTPRoute', 'GRPCRoute', 'TCPRoute'];

/** Kinds that belong to the whole cluster, and so to no environment. */
const clusterKinds: ReadonlySet<string> = new Set([
  'APIService',
  'ClusterRole',
  'ClusterRoleBinding',
  'CustomResourceDefinition',
  'IngressClass',
  'MutatingWebhookConfiguration',
  'Namespace',
  'Node',
  'PersistentVolume',
  'PriorityClass',
  'RuntimeClass',
  'StorageClass',
  'ValidatingAdmissionPolicy',
  'ValidatingAdmissionPolicyBinding',
  'ValidatingWebhookConfiguration',
]);

export function isClusterKind({ kind }: Pick<ObjectName, 'kind'>): boolean {
  return clusterKinds.has(kind);
}

/** Sorts objects as they are applied: what the workload needs, the workload, what speaks of it. */
export function inOrder(manifests: readonly Manifest[], workload: Workload): Manifest[] {
  const ranked = manifests.map((manifest) => ({
    manifest,
    rank: rankOf(manifest, workload),
    key: objectKey(manifest),
  }));
  return ranked.sort((a, b) => a.rank - b.rank || (a.key < b.key ? -1 : 1)).map(({ manifest }) => manifest);
}

/** Answers the place in the order; kinds that nobody knows come between the configuration and the workloads. */
function rankOf(manifest: Manifest, workload: Workload): number {
  if (isWorkload(manifest, workload)) return 300;
  if (kindsBefore.includes(manifest.kind)) return kindsBefore.indexOf(manifest.kind);
  if (workloadKinds.includes(manifest.kind)) return 200;
  if (kindsAfter.includes(manifest.kind)) return 400 + kindsAfter.indexOf(manifest.kind);
  return 100;
}
