import type { KubernetesEntry } from '../../contract/catalog/targets/kubernetes.ts';

/** Makes one object of each kind that the worker's Role has for overlays. */
export function overlayKinds({ workload: { kind, name } }: KubernetesEntry): object[] {
  const selector = { matchLabels: { app: name } };
  const metadata = { name };
  const autoscaler = {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata,
    spec: { scaleTargetRef: { apiVersion: 'apps/v1', kind, name }, minReplicas: 1, maxReplicas: 2 },
  };
  return [
    { apiVersion: 'v1', kind: 'Service', metadata, spec: { selector: { app: name }, ports: [{ port: 80 }] } },
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata },
    { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'keys' }, stringData: { KEY: 'value' } },
    { apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', metadata, spec: { selector, maxUnavailable: 1 } },
    { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', metadata, spec: { podSelector: selector } },
    {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'Ingress',
      metadata,
      spec: { defaultBackend: { service: { name, port: { number: 80 } } } },
    },
    ...(kind === 'DaemonSet' ? [] : [autoscaler]),
  ];
}

/** Makes as many records of former changes as are kept, so that the next change removes one. */
export function recordSecrets({ namespace, workload: { kind, name } }: KubernetesEntry): object[] {
  const labels = { 'slipway.dev/workload': name, 'slipway.dev/workload-kind': kind };
  return Array.from({ length: 10 }, (_record, index) => ({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: `former-${index}`, namespace, labels },
    type: 'slipway.dev/manifests',
  }));
}
