import type { SandboxDescription } from '../../sandbox/description.ts';
import type { Colors } from '../cli/output.ts';

/** Shows where each part of a sandbox listens. */
export function sandboxLines(
  { dir, temporal, cloud, postgres, prometheus, alertmanager, kubernetes, traffic, services = {} }: SandboxDescription,
  { bold, dim }: Colors,
): string[] {
  const parts: [string, string | undefined][] = [
    ['Temporal', temporal?.address],
    ['Temporal UI', temporal?.ui],
    ['cloud', cloud && `${cloud.http} (gRPC ${cloud.grpc})`],
    ['call log', cloud?.callLog],
    ['PostgreSQL', postgres?.url],
    ['Prometheus', prometheus?.url],
    ['Alertmanager', alertmanager && `${alertmanager.url} (sends to ${alertmanager.webhook})`],
    ['Kubernetes', kubernetes?.server],
    ['kubeconfig', kubernetes?.kubeconfig],
    ...(traffic ? Object.entries(services) : []),
  ];
  const up = parts.filter((part): part is [string, string] => part[1] !== undefined);
  const width = Math.max(...up.map(([name]) => name.length));
  return [`${bold('sandbox')} in ${dir}`, ...up.map(([name, where]) => `  ${dim(name.padEnd(width))} ${where}`)];
}
