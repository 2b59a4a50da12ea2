import { dirname } from 'node:path';
import type { SandboxDescription } from '../../description.ts';
import { controlPlaneSpecs } from '../../kubernetes/control-plane.ts';
import { planCluster } from '../../kubernetes/cluster-plan.ts';
import { apiServerAnswers } from '../../kubernetes/servers/api-server.ts';
import { nodeSpec } from '../../kubernetes/servers/node.ts';
import { etcd } from '../../servers/etcd.ts';
import { obtainKubernetes } from '../../servers/kubernetes.ts';
import { obtain } from '../../servers/obtain.ts';
import type { Say } from '../../servers/server.ts';
import type { ChildSpec } from '../child.ts';

type Kubernetes = NonNullable<SandboxDescription['kubernetes']>;

export interface KubernetesOptions {
  /** Folder of the cluster's state. */
  folder: string;
  /** Folder of the cloud, from whose registry the node takes images. */
  cloudFolder: string;
  /** File that lists the pods for Prometheus. */
  targets: string;
  logs: string;
  say: Say;
  /** Starts the program, waits until it serves, and answers its pid; the part is the one that the pid stands for. */
  run: (spec: ChildSpec, where: string, part?: 'kubernetes') => Promise<number>;
}

/** Tells whether the sandbox's API server is ready. */
export const kubernetesAnswers = ({ server, kubeconfig }: Pick<Kubernetes, 'server' | 'kubeconfig'>) =>
  apiServerAnswers(server, dirname(kubeconfig));

/** Starts a cluster: etcd, the API server, the controllers, a node. */
export const startKubernetes = async ({
  folder,
  cloudFolder,
  targets,
  logs,
  say,
  run,
}: KubernetesOptions): Promise<Kubernetes> => {
  const [etcdProgram, { kubectl, ...programs }] = await Promise.all([obtain(etcd, say), obtainKubernetes(say)]);
  const plan = await planCluster({ folder, logs, say, programs: { etcd: etcdProgram, ...programs } });
  const specs = controlPlaneSpecs(plan);
  await run(specs.etcd, `at 127.0.0.1:${plan.ports.etcd}`);
  const pid = await run(specs.apiServer, `at ${plan.server}, its kubeconfig is ${plan.kubeconfig}`, 'kubernetes');
  await run(specs.controllers, `at 127.0.0.1:${plan.ports.controllerManager}`);
  await run(nodeSpec(plan, cloudFolder, { targets }), 'with pods as processes');
  const { server, kubeconfig, auditLog } = plan;
  return { server, kubeconfig, context: 'admin', auditLog, kubectl, pid };
};
