import type { V1Node, V1Pod } from '@kubernetes/client-node';
import { PatchStrategy, setHeaderOptions } from '@kubernetes/client-node';
import { annotation } from './annotations.ts';
import type { NodeContext } from './node-context.ts';
import { quantity } from '../../containers/quantity.ts';
import { capacity } from './registration.ts';

/** Binds pods to this node, the only one: what a kube-scheduler does where there are several. */
export interface Scheduler {
  /** Looks at a pod that has no node yet. */
  look(pod: V1Pod): void;
  forget(pod: V1Pod): void;
  /** Looks at all that wait: the node has changed, or there is room again. */
  lookAgain(): void;
  stop(): Promise<void>;
}

const retryMs = 1000;
const asStrategicPatch = setHeaderOptions('Content-Type', PatchStrategy.StrategicMergePatch);

export function startScheduler(context: NodeContext, node: () => V1Node | undefined, bound: () => V1Pod[]): Scheduler {
  const waiting = new Map<string, V1Pod>();
  const told = new Map<string, string>();
  let working = Promise.resolve();
  let retry: NodeJS.Timeout | undefined;
  const place = async (uid: string, pod: V1Pod): Promise<void> => {
    const obstacle = obstacleTo(pod, node(), bound());
    if (obstacle === undefined) await bind(context, pod);
    else if (told.get(uid) !== obstacle) await refuse(context, pod, obstacle);
    if (obstacle === undefined) waiting.delete(uid);
    else told.set(uid, obstacle);
  };
  const work = async (): Promise<void> => {
    // Pods that come meanwhile are added at the end of the map, and met in the same round.
    for (const [uid, pod] of waiting) {
      await place(uid, pod).catch((error: Error) => {
        context.say(`cannot bind pod ${pod.metadata?.namespace}/${pod.metadata?.name}: ${error.message}`);
        retry ??= setTimeout(wake, retryMs).unref();
      });
    }
  };
  const wake = (): void => {
    clearTimeout(retry);
    retry = undefined;
    working = working.then(work);
  };
  return {
    look: (pod) => {
      const { schedulerName = 'default-scheduler', schedulingGates = [] } = pod.spec ?? {};
      if (schedulerName !== 'default-scheduler' || schedulingGates.length > 0) return;
      waiting.set(pod.metadata?.uid ?? '', pod);
      wake();
    },
    forget: ({ metadata }) => {
      waiting.delete(metadata?.uid ?? '');
      told.delete(metadata?.uid ?? '');
    },
    lookAgain: () => {
      if (waiting.size > 0) wake();
    },
    stop: async () => {
      waiting.clear();
      clearTimeout(retry);
      await working;
    },
  };
}

/** Says why the node cannot take a pod, in the scheduler's words; undefined where it can. */
function obstacleTo(pod: V1Pod, node: V1Node | undefined, bound: V1Pod[]): string | undefined {
  const scripted = annotation(pod, 'unschedulable');
  if (scripted !== undefined) return scripted === 'true' ? '0/1 nodes are available: 1 Insufficient cpu.' : scripted;
  if (!node) return 'no nodes available to schedule pods';
  const tolerates = pod.spec?.tolerations?.some(({ key, operator }) => !key && operator === 'Exists') ?? false;
  if (node.spec?.unschedulable && !tolerates) return '0/1 nodes are available: 1 node(s) were unschedulable.';
  const isReady = node.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True');
  if (!isReady) return '0/1 nodes are available: 1 node(s) had untolerated taint {node.kubernetes.io/unreachable: }.';
  const selector = Object.entries(pod.spec?.nodeSelector ?? {});
  if (selector.some(([key, value]) => node.metadata?.labels?.[key] !== value))
    return "0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector.";
  for (const [resource, all] of Object.entries(capacity)) {
    const sum = [...bound, pod].reduce((total, each) => total + requested(each, resource), 0);
    if (sum > quantity(all)) return `0/1 nodes are available: 1 Insufficient ${resource}.`;
  }
  return undefined;
}

function requested({ spec, status }: V1Pod, resource: string): number {
  if (resource === 'pods') return 1;
  if (status?.phase === 'Succeeded' || status?.phase === 'Failed') return 0;
  const requests = (spec?.containers ?? []).map(({ resources }) => resources?.requests?.[resource] ?? '0');
  return requests.reduce((sum, text) => sum + quantity(text), 0);
}

async function bind({ core, name: node, events }: NodeContext, pod: V1Pod): Promise<void> {
  const { name = '', namespace = '', uid } = pod.metadata ?? {};
  const target = { apiVersion: 'v1', kind: 'Node', name: node };
  await core.createNamespacedPodBinding({ name, namespace, body: { metadata: { name, namespace, uid }, target } });
  events.record(pod, 'Normal', 'Scheduled', `Successfully assigned ${namespace}/${name} to ${node}`);
}

async function refuse({ core, events }: NodeContext, pod: V1Pod, message: string): Promise<void> {
  const { name = '', namespace = '', uid } = pod.metadata ?? {};
  const lastTransitionTime = new Date();
  const conditions = [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message, lastTransitionTime }];
  const body = { metadata: { uid }, status: { conditions } };
  await core.patchNamespacedPodStatus({ name, namespace, body }, asStrategicPatch);
  events.record(pod, 'Warning', 'FailedScheduling', message);
}
