import type { V1PodTemplateSpec } from '@kubernetes/client-node';
import { canonicalJson } from '../../catalog/canonical-json.ts';
import type { Manifest } from './manifests/manifest.ts';
import type { ReadContext } from './session.ts';
import type { WorkloadObject } from './workload.ts';

/** One template that a workload has had: a ControllerRevision, or the ReplicaSet of a Deployment. */
export interface Revision {
  /** The name is the identity: the number of an older revision is raised when it is used again (ADR 0027). */
  name: string;
  number: number;
  template: V1PodTemplateSpec;
}

/** A pod, as far as a state or a rule needs it. */
export interface PodObject extends Manifest {
  status?: {
    phase?: string;
    /** Why the pod as a whole failed, such as `DeadlineExceeded` or `Evicted`. */
    reason?: string;
    message?: string;
    conditions?: { type: string; status: string; message?: string }[];
    containerStatuses?: ContainerStatus[];
    initContainerStatuses?: ContainerStatus[];
  };
}

export interface ContainerStatus {
  name: string;
  image?: string;
  imageID?: string;
  ready?: boolean;
  restartCount?: number;
  state?: ContainerState;
  lastState?: ContainerState;
}

interface ContainerState {
  waiting?: { reason?: string; message?: string };
  running?: object;
  terminated?: { exitCode?: number; reason?: string; message?: string; finishedAt?: string };
}

const hashLabel = 'pod-template-hash';
const revisionLabel = 'controller-revision-hash';

/** Lists the revisions of a workload, oldest first. */
export async function listRevisions({ objects, target }: ReadContext, workload: WorkloadObject): Promise<Revision[]> {
  const kind = revisionKind(target.workload);
  const found = await objects.list({ apiVersion: 'apps/v1', kind }, target.namespace, selectorOf(workload));
  return ownedRevisions(found, workload);
}

/** Names the kind of object that keeps the revisions of a kind of workload. */
export function revisionKind({ kind }: Pick<WorkloadObject, 'kind'>): 'ReplicaSet' | 'ControllerRevision' {
  return kind === 'Deployment' ? 'ReplicaSet' : 'ControllerRevision';
}

/** Reads the revisions of a workload out of all that its selector finds, oldest first. */
export function ownedRevisions(found: readonly Manifest[], workload: WorkloadObject): Revision[] {
  return found
    .filter((one) => isOwnedBy(one, workload))
    .map(workload.kind === 'Deployment' ? ofReplicaSet : ofControllerRevision)
    .sort((a, b) => a.number - b.number);
}

/** Lists the pods that a workload's selector finds: its own, and perhaps those of a stranger with the same labels. */
export async function listPods({ objects, target }: ReadContext, workload: WorkloadObject): Promise<PodObject[]> {
  return objects.list({ apiVersion: 'v1', kind: 'Pod' }, target.namespace, selectorOf(workload));
}

/** Finds the revision that a workload's present template is; undefined until its controller has seen it. */
export function templateRevision(
  { spec, status, metadata, kind }: WorkloadObject,
  revisions: readonly Revision[],
): Revision | undefined {
  const isObserved = (status?.observedGeneration ?? 0) >= Number(metadata['generation'] ?? 0);
  if (!isObserved) return undefined;
  if (kind === 'StatefulSet') return revisions.find(({ name }) => name === status?.updateRevision);
  return revisions.findLast(({ template }) => sameTemplate(template, spec.template));
}

/** Names the revision that a pod was made of; empty for a pod of nobody. */
export function revisionOfPod({ metadata }: PodObject, workload: WorkloadObject): string {
  if (workload.kind === 'Deployment') {
    const owners = metadata['ownerReferences'] as { kind: string; name: string }[] | undefined;
    return owners?.find(({ kind }) => kind === 'ReplicaSet')?.name ?? '';
  }
  const hash = metadata.labels?.[revisionLabel] ?? '';
  // Platform: a StatefulSet's pods carry the revision's whole name, a DaemonSet's the hash in it.
  return workload.kind === 'DaemonSet' && hash !== '' ? `${workload.metadata.name}-${hash}` : hash;
}

/** Keeps the pods that a workload made: its selector may find pods of others, too. */
export function ownPods(
  pods: readonly PodObject[],
  workload: WorkloadObject,
  revisions: readonly Revision[],
): PodObject[] {
  if (workload.kind !== 'Deployment') return pods.filter((pod) => isOwnedBy(pod, workload));
  return pods.filter((pod) => revisions.some(({ name }) => name === revisionOfPod(pod, workload)));
}

export function isReady({ status, metadata }: PodObject): boolean {
  if (metadata['deletionTimestamp'] !== undefined) return false;
  return (status?.conditions ?? []).some((condition) => condition.type === 'Ready' && condition.status === 'True');
}

/** Compares two templates as their controllers do: without the label that a Deployment's controller adds. */
export function sameTemplate(a: V1PodTemplateSpec, b: V1PodTemplateSpec): boolean {
  return canonicalJson(withoutHash(a)) === canonicalJson(withoutHash(b));
}

function withoutHash({ metadata = {}, ...rest }: V1PodTemplateSpec): V1PodTemplateSpec {
  const { creationTimestamp: _created, ...kept } = metadata;
  const labels = Object.fromEntries(Object.entries(kept.labels ?? {}).filter(([name]) => name !== hashLabel));
  return { metadata: { ...kept, labels }, ...rest };
}

function ofControllerRevision(revision: Manifest): Revision {
  const data = revision['data'] as { spec: { template: V1PodTemplateSpec & { $patch?: string } } };
  const { $patch: _patch, ...template } = data.spec.template;
  return { name: revision.metadata.name, number: Number(revision['revision']), template };
}

function ofReplicaSet(replicaSet: Manifest): Revision {
  const { template } = replicaSet['spec'] as { template: V1PodTemplateSpec };
  const number = Number(replicaSet.metadata.annotations?.['deployment.kubernetes.io/revision'] ?? 0);
  return { name: replicaSet.metadata.name, number, template: withoutHash(template) };
}

function isOwnedBy({ metadata }: Manifest, workload: WorkloadObject): boolean {
  const owners = metadata['ownerReferences'] as { uid: string }[] | undefined;
  return (owners ?? []).some(({ uid }) => uid === workload.metadata.uid);
}

/** Writes the selector of a workload as a query has it. Platform: Kubernetes, label selectors. */
export function selectorOf({ spec }: WorkloadObject): string {
  const { matchLabels = {}, matchExpressions = [] } = spec.selector;
  const labels = Object.entries(matchLabels).map(([name, value]) => `${name}=${value}`);
  return [...labels, ...matchExpressions.map(expressionOf)].join(',');
}

function expressionOf({ key, operator, values = [] }: { key: string; operator: string; values?: string[] }): string {
  if (operator === 'Exists') return key;
  if (operator === 'DoesNotExist') return `!${key}`;
  return `${key} ${operator === 'In' ? 'in' : 'notin'} (${values.join(',')})`;
}
