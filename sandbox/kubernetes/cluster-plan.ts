import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { writeJson } from '../atomic-file.ts';
import { rememberedPorts } from '../supervisor/ports.ts';
import { auditPolicy } from './audit-policy.ts';
import { createCredentials } from './credentials.ts';
import type { CertificateFiles, Credentials } from './credentials.ts';
import { writeKubeconfig } from './kubeconfig.ts';
import { serviceNetworkOf } from './service-network.ts';

/** Files of the programs of a control plane. */
export interface ControlPlanePrograms {
  etcd: string;
  apiServer: string;
  controllerManager: string;
}

export interface ClusterOptions {
  /** Folder of everything that the cluster keeps. */
  folder: string;
  programs: ControlPlanePrograms;
  /** Folder of the programs' logs; by default `logs` in the cluster's folder. */
  logs?: string;
  say: (line: string) => void;
}

const portNames = ['etcd', 'etcdPeer', 'apiServer', 'controllerManager', 'node'] as const;

/** What users of a cluster have to know of it. */
export interface ClusterAddresses {
  /** File with the context `admin`. */
  kubeconfig: string;
  server: string;
  /** File of JSON Lines, an audit.k8s.io/v1 Event each. */
  auditLog: string;
  /** Addresses of Services, all on the loopback device: a proxy can listen on them. */
  serviceNetwork: string;
  /** What a node needs: its kubeconfig, and the certificate of its HTTPS server, which the API server trusts. */
  node: CertificateFiles & { kubeconfig: string; authority: string };
}

/** Everything that is decided before the first program of a cluster starts. */
export interface ClusterPlan extends ClusterAddresses {
  folder: string;
  logs: string;
  programs: ControlPlanePrograms;
  ports: Record<(typeof portNames)[number], number>;
  credentials: Credentials;
  auditPolicy: string;
  controllerKubeconfig: string;
}

/** Plans a cluster in its folder: ports, credentials, kubeconfigs. What the folder has from before stays. */
export const planCluster = async (options: ClusterOptions): Promise<ClusterPlan> => {
  const { folder, programs, logs = join(folder, 'logs'), say } = options;
  await mkdir(logs, { recursive: true });
  await mkdir(join(folder, 'audit'), { recursive: true });
  const ports = await rememberedPorts({ file: join(folder, 'ports.json'), names: portNames, say });
  const serviceNetwork = await serviceNetworkOf(join(folder, 'network.json'));
  const credentials = await createCredentials(folder, serviceNetwork.replace('0/16', '1'));
  const server = `https://127.0.0.1:${ports.apiServer}`;
  const policy = join(folder, 'audit', 'policy.json');
  await writeJson(policy, auditPolicy);
  const kubeconfigOf = (user: 'admin' | 'node' | 'controllerManager', file: string): Promise<string> =>
    writeKubeconfig(join(folder, file), { server, credentials, user });
  const nodeKubeconfig = await kubeconfigOf('node', 'node.kubeconfig');
  return {
    ...{ folder, logs, programs, ports, credentials, server, serviceNetwork },
    kubeconfig: await kubeconfigOf('admin', 'kubeconfig'),
    controllerKubeconfig: await kubeconfigOf('controllerManager', 'controllers.kubeconfig'),
    auditPolicy: policy,
    auditLog: join(folder, 'audit', 'audit.jsonl'),
    node: { ...credentials.of('node'), kubeconfig: nodeKubeconfig, authority: credentials.authority },
  };
};
