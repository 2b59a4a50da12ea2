import { join } from 'node:path';
import type { ChildSpec } from '../../supervisor/child.ts';
import { answers } from '../answers.ts';
import type { ClusterPlan } from '../cluster-plan.ts';

/**
 * The controllers that a release meets, and what namespaces, pods and claims need to come and go. Not those of nodes
 * and of endpoints: there is one node, and endpoints may not be on a loopback address.
 */
const controllers = [
  'deployment',
  'replicaset',
  'statefulset',
  'daemonset',
  'job',
  'cronjob',
  'horizontal-pod-autoscaler',
  'disruption',
  'resourcequota',
  'namespace',
  'serviceaccount',
  'serviceaccount-token',
  'root-ca-certificate-publisher',
  'clusterrole-aggregation',
  'garbage-collector',
  'pod-garbage-collector',
  'ttl-after-finished',
  'persistentvolumeclaim-protection',
].map((name) => `${name}-controller`);

/**
 * Describes the controllers, each with a service account of its own, so that the audit log tells who wrote. They serve
 * when the default service account exists: without it no pod is let in.
 */
export const controllerManagerSpec = (plan: ClusterPlan): ChildSpec => {
  const { logs, programs, ports, credentials, server } = plan;
  const { certificate, key } = credentials.of('controllerManager');
  const { authority } = credentials;
  const asked = [
    { url: `https://127.0.0.1:${ports.controllerManager}/healthz`, authority },
    {
      url: `${server}/api/v1/namespaces/default/serviceaccounts/default`,
      authority,
      client: credentials.of('admin'),
    },
  ];
  return {
    name: 'Kubernetes controller manager',
    command: programs.controllerManager,
    args: [
      ...[`--kubeconfig=${plan.controllerKubeconfig}`, '--use-service-account-credentials', '--leader-elect=false'],
      ...['--bind-address=127.0.0.1', `--secure-port=${ports.controllerManager}`],
      ...[`--tls-cert-file=${certificate}`, `--tls-private-key-file=${key}`, `--root-ca-file=${authority}`],
      `--service-account-private-key-file=${credentials.serviceAccounts.privateKey}`,
      ...[`--controllers=${controllers.join(',')}`, '--profiling=false'],
    ],
    stopSignal: 'SIGTERM',
    log: join(logs, 'kube-controller-manager.log'),
    answers: async () => (await Promise.all(asked.map(answers))).every(Boolean),
  };
};
