import type { CoreV1Api, KubeConfig } from '@kubernetes/client-node';
import type { ProcessRecords } from '../../containers/orphans.ts';
import type { Addresses } from './addresses.ts';
import type { EventRecorder } from './events.ts';
import type { NodeImages } from './images.ts';

/** Lengths of pauses, which a test shortens. */
export interface NodeTempo {
  /** The first back-off after a crash or a failed pull. Platform: kubelet, 10 s. */
  backOffMs: number;
  /** The longest back-off. Platform: kubelet, 5 min. */
  longestBackOffMs: number;
  /** The pause before a missing ConfigMap or Secret is looked for again. */
  lookAgainMs: number;
  /** The time until a node that is cut off is given up. Platform: node-monitor-grace-period, 50 s. */
  lostAfterMs: number;
}

export const defaultTempo: NodeTempo = {
  backOffMs: 10_000,
  longestBackOffMs: 300_000,
  lookAgainMs: 2000,
  lostAfterMs: 50_000,
};

/** What all parts of the node stand on. */
export interface NodeContext {
  /** The node's name. */
  name: string;
  config: KubeConfig;
  core: CoreV1Api;
  images: NodeImages;
  /** Folder of the node's own state: logs, volumes, records of processes. */
  folder: string;
  processes: ProcessRecords;
  podAddresses: Addresses;
  events: EventRecorder;
  tempo: NodeTempo;
  /** Settles at once, or when a node that is cut off from the control plane is back. */
  online(): Promise<void>;
  /** Tells variables of the Services in a namespace. */
  serviceVariables(namespace: string): Record<string, string>;
  /** Names the file of the ways in which the pods of a namespace misbehave. */
  misbehaviour(namespace: string): string;
  say(line: string): void;
}
