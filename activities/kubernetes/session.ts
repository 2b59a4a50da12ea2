import type { V1Job } from '@kubernetes/client-node';
import type { KubernetesEntry } from '../../contract/catalog/targets/kubernetes.ts';
import type { Marker } from '../../contract/fence.ts';
import type { Progress } from '../ports/target.ts';
import type { Caller } from './call.ts';
import type { KubernetesClients } from './client.ts';
import { workloadName, type Manifest } from './manifests/manifest.ts';
import { openObjects, type Objects } from './manifests/objects.ts';
import type { WorkloadObject } from './workload.ts';

/** Holds what a read of one target needs. */
export interface ReadContext {
  target: KubernetesEntry;
  caller: Caller;
  objects: Objects;
}

/** Holds what a write to one target needs, by one step of a change. */
export interface WriteContext extends ReadContext {
  marker: Marker;
  progress: Progress;
  signal: AbortSignal;
}

/** Opens a target. With a marker, the cluster's audit log shows which change calls. */
export function readContext(clients: KubernetesClients, target: KubernetesEntry, marker?: Marker): ReadContext {
  const caller: Caller = { client: clients.of(target.context), marker };
  return { target, caller, objects: openObjects(caller) };
}

export function writeContext(
  clients: KubernetesClients,
  target: KubernetesEntry,
  { marker, progress, signal }: Pick<WriteContext, 'marker' | 'progress' | 'signal'>,
): WriteContext {
  const caller: Caller = { client: clients.of(target.context), marker, signal };
  return { target, marker, progress, signal, caller, objects: openObjects(caller) };
}

/** Reads the workload; undefined if it does not exist. */
export async function findWorkload({ objects, target }: ReadContext): Promise<WorkloadObject | undefined> {
  const found = await objects.read(workloadName(target.workload, target.namespace));
  return found as WorkloadObject | undefined;
}

export async function findJob({ objects, target }: ReadContext, name: string): Promise<JobObject | undefined> {
  const found = await objects.read({
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name, namespace: target.namespace },
  });
  return found;
}

/** A Job as JSON: its times are strings. */
export type JobObject = Manifest &
  Pick<V1Job, 'spec'> & {
    status?: {
      conditions?: JobCondition[];
      startTime?: string;
      completionTime?: string;
      active?: number;
      failed?: number;
      succeeded?: number;
    };
  };

interface JobCondition {
  type: string;
  status: string;
  reason?: string;
  message?: string;
  lastTransitionTime?: string;
}

/** Finds the condition that ends a Job; its counts also move while it goes on (kubectl#1629). */
export function endOf({ status }: JobObject): JobCondition | undefined {
  return status?.conditions?.find(({ type, status: is }) => ['Complete', 'Failed'].includes(type) && is === 'True');
}
