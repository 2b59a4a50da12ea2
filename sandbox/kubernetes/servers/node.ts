import { join } from 'node:path';
import type { ChildSpec } from '../../supervisor/child.ts';
import { answers } from '../answers.ts';
import type { ClusterPlan } from '../cluster-plan.ts';
import { podNetworkBeside } from '../node/addresses.ts';

const program = join(import.meta.dirname, '..', 'node', 'main.ts');

/** Describes the node, which takes its images from the cloud whose state is in that folder. */
export const nodeSpec = (plan: ClusterPlan, cloudFolder: string, flags: Record<string, string> = {}): ChildSpec => {
  const { folder, logs, node, ports, serviceNetwork, credentials } = plan;
  const settings = {
    ...{ kubeconfig: node.kubeconfig, certificate: node.certificate, key: node.key, authority: node.authority },
    ...{ dir: join(folder, 'node'), 'cloud-dir': cloudFolder, port: String(ports.node) },
    ...{ 'pod-network': podNetworkBeside(serviceNetwork), ...flags },
  };
  return {
    name: 'Kubernetes node',
    command: process.execPath,
    args: [
      ...['--disable-warning=ExperimentalWarning', program],
      ...Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]),
    ],
    stopSignal: 'SIGTERM',
    log: join(logs, 'node.log'),
    answers: () =>
      answers({
        url: `https://127.0.0.1:${ports.node}/healthz`,
        authority: credentials.authority,
        client: credentials.of('apiServerToKubelet'),
      }),
  };
};
