import type { ContainerStatus, PodObject, Revision } from '../../activities/kubernetes/revisions.ts';
import type { RolloutView } from '../../activities/kubernetes/rollout/judgement.ts';
import type { WorkloadObject } from '../../activities/kubernetes/workload.ts';
import type { WorkloadKind } from './release-world.ts';

const uid = 'uid-of-app';
const templateOf = (image: string) => ({
  metadata: { labels: { app: 'app' } },
  spec: { containers: [{ name: 'app', image }] },
});

/** The names of both revisions, as each kind's controller makes them. */
export const revisions: Revision[] = [
  { name: 'app-old', number: 1, template: templateOf('app:1') },
  { name: 'app-new', number: 2, template: templateOf('app:2') },
];

export interface Situation {
  kind: WorkloadKind;
  spec?: Partial<WorkloadObject['spec']>;
  status?: WorkloadObject['status'];
  generation?: number;
  pods?: PodObject[];
  replicasAtStart?: number;
}

/** Makes what a judge looks at: a workload of generation 2 that is to have two pods of `app-new`. */
export function view({ kind, spec, status, generation = 2, pods = [], replicasAtStart = 2 }: Situation): RolloutView {
  const workload: WorkloadObject = {
    apiVersion: 'apps/v1',
    kind,
    metadata: { name: 'app', uid, generation },
    spec: { replicas: 2, selector: { matchLabels: { app: 'app' } }, template: templateOf('app:2'), ...spec },
    status: { observedGeneration: generation, updateRevision: 'app-new', ...status },
  };
  return { workload, revisions, pods, replicasAtStart };
}

/** Says of what kind a pod's workload is, and of which of its revisions the pod. */
export type Of = { kind: WorkloadKind; revision: 'old' | 'new' };

/** Makes a pod of one container, which is ready, or in the state that is given. */
export function pod(
  { kind, revision }: Of,
  name: string,
  container: Partial<ContainerStatus> = { ready: true, state: { running: {} } },
  more: { phase?: string; deletionTimestamp?: string; init?: Partial<ContainerStatus>; owner?: string } = {},
): PodObject {
  const { phase = 'Running', deletionTimestamp, init, owner = uid } = more;
  const ownsByName = kind === 'Deployment' && owner === uid;
  const reference = ownsByName
    ? { kind: 'ReplicaSet', name: `app-${revision}`, uid: `uid-of-${revision}` }
    : { kind, name: 'app', uid: owner };
  const hash = kind === 'StatefulSet' ? `app-${revision}` : revision;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      labels: { app: 'app', ...(kind !== 'Deployment' && { 'controller-revision-hash': hash }) },
      ownerReferences: [reference],
      ...(deletionTimestamp !== undefined && { deletionTimestamp }),
    },
    status: {
      phase,
      conditions: [{ type: 'Ready', status: container.ready ? 'True' : 'False' }],
      containerStatuses: [{ name: 'app', image: 'app:2', ...container }],
      ...(init && { initContainerStatuses: [{ name: 'prepare', image: 'app:2', ...init }] }),
    },
  };
}

export const starting: Partial<ContainerStatus> = { ready: false, state: { running: {} } };
export const crashing: Partial<ContainerStatus> = {
  ready: false,
  restartCount: 3,
  state: { waiting: { reason: 'CrashLoopBackOff', message: 'back-off 40s restarting' } },
  lastState: { terminated: { exitCode: 3, reason: 'Error' } },
};
export const going = { deletionTimestamp: '2026-01-01T00:00:00Z' };

export function waiting(reason: string, message = '', more: Partial<ContainerStatus> = {}): Partial<ContainerStatus> {
  return { ready: false, state: { waiting: { reason, message } }, ...more };
}
