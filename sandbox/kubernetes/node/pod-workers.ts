import { readdirSync, rmSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import type { V1Pod } from '@kubernetes/client-node';
import type { NodeContext } from './node-context.ts';
import { startPodWorker } from './pod-worker.ts';
import type { PodWorker } from './pod-worker.ts';

/** The pods that are bound to this node, each with its worker. */
export interface PodWorkers {
  update(pod: V1Pod): void;
  remove(pod: V1Pod): void;
  find(namespace: string, name: string): PodWorker | undefined;
  pods(): V1Pod[];
  /** Writes the status of all pods again: somebody else has written meanwhile. */
  refresh(): void;
  abandon(): Promise<void>;
}

export function startPodWorkers(context: NodeContext): PodWorkers {
  const workers = new Map<string, PodWorker>();
  return {
    update: (pod) => {
      const uid = pod.metadata?.uid ?? '';
      const worker = workers.get(uid);
      if (worker) worker.update(pod);
      else workers.set(uid, startPodWorker(context, pod));
    },
    remove: ({ metadata }) => {
      const uid = metadata?.uid ?? '';
      const worker = workers.get(uid);
      workers.delete(uid);
      worker?.remove().catch((error: Error) => context.say(`cannot clean up after pod ${uid}: ${error.message}`));
    },
    find: (namespace, name) =>
      [...workers.values()].find((worker) => {
        const { metadata } = worker.pod();
        return metadata?.name === name && metadata.namespace === namespace;
      }),
    pods: () => [...workers.values()].map((worker) => worker.pod()),
    refresh: () => {
      for (const worker of workers.values()) worker.refresh();
    },
    abandon: async () => {
      await Promise.all([...workers.values()].map((worker) => worker.abandon()));
    },
  };
}

/** Removes folders of pods that went while the node was down. */
export function removeLeftovers(folder: string, pods: V1Pod[]): void {
  const dir = join(folder, 'pods');
  const uids = new Set(pods.map(({ metadata }) => metadata?.uid));
  for (const uid of existsSync(dir) ? readdirSync(dir) : [])
    if (!uids.has(uid)) rmSync(join(dir, uid), { recursive: true, force: true });
}
