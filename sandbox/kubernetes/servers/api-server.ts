import { join } from 'node:path';
import type { ChildSpec } from '../../supervisor/child.ts';
import { answers } from '../answers.ts';
import type { ClusterPlan } from '../cluster-plan.ts';
import { credentialsIn } from '../credentials.ts';

/** Tells whether the API server of the cluster in this folder is ready. */
export const apiServerAnswers = (server: string, folder: string): Promise<boolean> => {
  const credentials = credentialsIn(folder);
  return answers({ url: `${server}/readyz`, authority: credentials.authority, client: credentials.of('admin') });
};

/**
 * Describes the API server: RBAC, the default admission, tokens of service accounts, an audit log. It writes no
 * endpoints for itself, since those may not be on a loopback address (platform: ValidateNonSpecialIP).
 */
export const apiServerSpec = (plan: ClusterPlan): ChildSpec => {
  const { folder, logs, programs, ports, credentials, server } = plan;
  const { privateKey, publicKey } = credentials.serviceAccounts;
  const [own, etcd, kubelet] = (['apiServer', 'apiServerToEtcd', 'apiServerToKubelet'] as const).map(credentials.of);
  return {
    name: 'Kubernetes API server',
    command: programs.apiServer,
    args: [
      ...['--bind-address=127.0.0.1', '--advertise-address=127.0.0.1', `--secure-port=${ports.apiServer}`],
      ...['--endpoint-reconciler-type=none', `--service-cluster-ip-range=${plan.serviceNetwork}`],
      ...[`--tls-cert-file=${own?.certificate}`, `--tls-private-key-file=${own?.key}`],
      ...[`--client-ca-file=${credentials.authority}`, '--authorization-mode=RBAC', '--allow-privileged'],
      ...[`--etcd-servers=https://127.0.0.1:${ports.etcd}`, `--etcd-cafile=${credentials.authority}`],
      ...[`--etcd-certfile=${etcd?.certificate}`, `--etcd-keyfile=${etcd?.key}`],
      ...[`--kubelet-client-certificate=${kubelet?.certificate}`, `--kubelet-client-key=${kubelet?.key}`],
      ...[`--kubelet-certificate-authority=${credentials.authority}`, '--kubelet-preferred-address-types=InternalIP'],
      ...['--service-account-issuer=https://kubernetes.default.svc', `--service-account-key-file=${publicKey}`],
      `--service-account-signing-key-file=${privateKey}`,
      ...[`--audit-policy-file=${plan.auditPolicy}`, `--audit-log-path=${plan.auditLog}`, '--audit-log-maxsize=100'],
      // An idle server measures and shares out less.
      ...['--enable-priority-and-fairness=false', '--profiling=false', '--etcd-count-metric-poll-period=0'],
      '--etcd-db-metric-poll-interval=0',
    ],
    stopSignal: 'SIGTERM',
    log: join(logs, 'kube-apiserver.log'),
    answers: () => apiServerAnswers(server, folder),
  };
};
