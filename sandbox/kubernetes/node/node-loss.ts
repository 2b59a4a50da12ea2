import type { CoreV1Api, V1Pod } from '@kubernetes/client-node';
import { PatchStrategy, setHeaderOptions } from '@kubernetes/client-node';

const asStrategicPatch = setHeaderOptions('Content-Type', PatchStrategy.StrategicMergePatch);

export interface NodeLossOptions {
  core: CoreV1Api;
  name: string;
  pods(): V1Pod[];
  /** The time without a lease until a node is given up. Platform: node-monitor-grace-period, 50 s. */
  afterMs: number;
  say(line: string): void;
}

/** Stands in for the controller of nodes: gives a node up that renews no lease. */
export interface NodeLoss {
  /** Takes whether the node is cut off. */
  set(isLost: boolean): void;
}

/** Watches over the one node. Nothing is evicted: a pod stays until somebody deletes it. */
export function watchNodeLoss(options: NodeLossOptions): NodeLoss {
  let timer: NodeJS.Timeout | undefined;
  return {
    set: (isLost) => {
      if (!isLost) {
        clearTimeout(timer);
        timer = undefined;
        return;
      }
      timer ??= setTimeout(() => {
        giveUp(options).catch((error: Error) => options.say(`cannot give the node up: ${error.message}`));
      }, options.afterMs).unref();
    },
  };
}

async function giveUp({ core, name, pods }: NodeLossOptions): Promise<void> {
  const now = { lastTransitionTime: new Date() };
  const unknown = {
    ...{ type: 'Ready', status: 'Unknown', reason: 'NodeStatusUnknown' },
    ...{ message: 'Kubelet stopped posting node status.', ...now },
  };
  await core.patchNodeStatus({ name, body: { status: { conditions: [unknown] } } }, asStrategicPatch);
  const notReady = ['Ready', 'ContainersReady'].map((type) => ({ type, status: 'False', ...now }));
  for (const { metadata } of pods()) {
    const { uid, namespace = '' } = metadata ?? {};
    const body = { metadata: { uid }, status: { conditions: notReady } };
    await core.patchNamespacedPodStatus({ name: metadata?.name ?? '', namespace, body }, asStrategicPatch);
  }
}
