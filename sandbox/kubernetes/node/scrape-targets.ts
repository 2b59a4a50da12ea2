import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { V1Pod } from '@kubernetes/client-node';

/** The list of pods for a Prometheus. */
export interface ScrapeTargets {
  show(pods: V1Pod[]): void;
}

interface TargetGroup {
  targets: string[];
  labels: Record<string, string>;
}

/**
 * Writes the named ports of running pods to the file, with the labels that the discovery of Kubernetes gives them: a
 * Prometheus without it reads the file. (Prometheus, configuration: file_sd_config, kubernetes_sd_config role pod.)
 */
export function openScrapeTargets(file: string | undefined, say: (line: string) => void): ScrapeTargets {
  let written = '';
  return {
    show: (pods) => {
      const text = `${JSON.stringify(pods.flatMap(groupsOf), null, 2)}\n`;
      if (file === undefined || text === written) return;
      try {
        mkdirSync(dirname(file), { recursive: true });
        writeFileSync(`${file}.new`, text);
        renameSync(`${file}.new`, file);
        written = text;
      } catch (error) {
        say(`cannot write the list of pods for Prometheus: ${(error as Error).message}`);
      }
    },
  };
}

function groupsOf({ metadata, spec, status }: V1Pod): TargetGroup[] {
  const { podIP, phase } = status ?? {};
  if (podIP === undefined || phase !== 'Running' || metadata?.deletionTimestamp) return [];
  const ports = (spec?.containers ?? []).flatMap(({ ports = [] }) => ports);
  return ports.map(({ name = '', containerPort }) => ({
    targets: [`${podIP}:${containerPort}`],
    labels: {
      __meta_kubernetes_namespace: metadata?.namespace ?? '',
      __meta_kubernetes_pod_name: metadata?.name ?? '',
      __meta_kubernetes_pod_label_app: metadata?.labels?.['app'] ?? '',
      __meta_kubernetes_pod_container_port_name: name,
    },
  }));
}
