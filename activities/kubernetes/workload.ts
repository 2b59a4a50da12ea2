import type { V1PodTemplateSpec } from '@kubernetes/client-node';
import { canonicalJson, sha256 } from '../../catalog/canonical-json.ts';
import type { KubernetesEntry } from '../../contract/catalog/targets/kubernetes.ts';
import { finalFailure } from '../failure.ts';
import { commitAnnotation } from '../fence.ts';
import type { Manifest } from './manifests/manifest.ts';

/** A workload of one of the three kinds, with the fields that they share. */
export interface WorkloadObject extends Manifest {
  spec: {
    replicas?: number;
    revisionHistoryLimit?: number;
    selector: {
      matchLabels?: Record<string, string>;
      matchExpressions?: { key: string; operator: string; values?: string[] }[];
    };
    template: V1PodTemplateSpec;
    updateStrategy?: { type?: string; rollingUpdate?: { partition?: number } };
    strategy?: { type?: string };
    paused?: boolean;
  };
  status?: {
    observedGeneration?: number;
    replicas?: number;
    updatedReplicas?: number;
    availableReplicas?: number;
    updateRevision?: string;
    desiredNumberScheduled?: number;
    updatedNumberScheduled?: number;
    numberAvailable?: number;
    conditions?: { type: string; status: string; reason?: string; message?: string }[];
  };
}

/** Finds the container that runs the artifact: the named one, or the only one. */
function containerOf(template: V1PodTemplateSpec | undefined, name: string | undefined) {
  const containers = template?.spec?.containers ?? [];
  if (name !== undefined) return containers.find((one) => one.name === name);
  return containers.length === 1 ? containers[0] : undefined;
}

/** Names the container that runs the artifact, or says that the catalog has to. */
export function containerName(target: KubernetesEntry, template: V1PodTemplateSpec | undefined): string {
  const found = containerOf(template, target.container);
  if (found) return found.name;
  const names = (template?.spec?.containers ?? []).map(({ name }) => name).join(', ') || 'none';
  throw finalFailure(
    'BadRequest',
    `${describeWorkload(target)} has the containers ${names}: name the one of the artifact in the catalog (container)`,
  );
}

/** Answers the image of the container that runs the artifact; empty where there is no such container. */
export function imageOf(template: V1PodTemplateSpec | undefined, { container }: KubernetesEntry): string {
  return containerOf(template, container)?.image ?? '';
}

/** Answers the commit that a template's pods are made of, as the change that made it has said. */
export function commitOf(template: V1PodTemplateSpec | undefined): string {
  return template?.metadata?.annotations?.[commitAnnotation] ?? '';
}

/**
 * Makes the key that changes with what a change sets: the template, and how it is rolled out. Not with replicas, which
 * an autoscaler owns, nor with status.
 */
export function stateKey(workload: WorkloadObject | undefined): string {
  if (!workload) return '';
  const { template, updateStrategy, strategy } = workload.spec;
  return sha256(canonicalJson({ uid: workload.metadata.uid, template, updateStrategy, strategy })).slice(0, 16);
}

/** Names a workload as people do: `StatefulSet openagents-runtime`. */
export function describeWorkload({ workload: { kind, name } }: KubernetesEntry): string {
  return `${kind} ${name}`;
}

/** Makes the failure of a workload that somebody deleted while a change was at work on it. */
export function deletedFailure(target: KubernetesEntry): Error {
  return finalFailure('Drifted', `${describeWorkload(target)} does not exist any more: somebody deleted it`);
}
