import type { protos } from '@google-cloud/run';
import { digestOf } from '../../../contract/artifact.ts';
import type { CloudRunEntry } from '../../../contract/catalog/targets/cloud-run.ts';

/** Cloud Run's resources, as Google's client gives and takes them. */
export type Service = protos.google.cloud.run.v2.IService;
export type Revision = protos.google.cloud.run.v2.IRevision;
export type RevisionTemplate = protos.google.cloud.run.v2.IRevisionTemplate;
export type Job = protos.google.cloud.run.v2.IJob;
export type Execution = protos.google.cloud.run.v2.IExecution;
export type Task = protos.google.cloud.run.v2.ITask;
export type Container = protos.google.cloud.run.v2.IContainer;
export type Condition = protos.google.cloud.run.v2.ICondition;
export type TrafficTarget = protos.google.cloud.run.v2.ITrafficTarget;
export type TrafficTargetStatus = protos.google.cloud.run.v2.ITrafficTargetStatus;
export type EnvironmentVariable = protos.google.cloud.run.v2.IEnvVar;
type Timestamp = protos.google.protobuf.ITimestamp;

export function parentOf({ project, region }: CloudRunEntry): string {
  return `projects/${project}/locations/${region}`;
}

export function serviceName(target: CloudRunEntry): string {
  return `${parentOf(target)}/services/${target.service}`;
}

export function revisionName(target: CloudRunEntry, revision: string): string {
  return `${serviceName(target)}/revisions/${revision}`;
}

export function jobName(target: CloudRunEntry, job: string): string {
  return `${parentOf(target)}/jobs/${job}`;
}

/** The last part of a resource's name; the API gives some names whole and some short. */
export function shortName(name: string | null | undefined): string {
  return (name ?? '').split('/').at(-1) ?? '';
}

/** Image of the container that does the work: the first, sidecars come after it. */
export function imageOf(resource: { containers?: Container[] | null } | null | undefined): string {
  return resource?.containers?.[0]?.image ?? '';
}

/** Digest of an image reference; empty for a mutable tag, which proves nothing (invariant I2). */
export function digestOrEmpty(image: string): string {
  return digestOf(image) ?? '';
}

/** Whether the platform has come to an end with the newest generation. */
export function isSettled(resource: Service | Job): boolean {
  return (
    resource.reconciling !== true && String(resource.observedGeneration ?? '') === String(resource.generation ?? '')
  );
}

export function hasFailed(condition: Condition | null | undefined): boolean {
  return condition?.state === 'CONDITION_FAILED';
}

export function hasSucceeded(condition: Condition | null | undefined): boolean {
  return condition?.state === 'CONDITION_SUCCEEDED';
}

export function conditionOf(resource: { conditions?: Condition[] | null }, type: string): Condition | undefined {
  return resource.conditions?.find((condition) => condition.type === type);
}

/** Reason and message of a condition, for a person. */
export function describeCondition(condition: Condition | null | undefined): string {
  const reason = condition?.reason ?? condition?.revisionReason ?? condition?.executionReason;
  const known = typeof reason === 'string' && !/UNDEFINED$/.test(reason) ? reason : '';
  return [known, condition?.message ?? ''].filter((part) => part !== '').join(': ') || 'no reason given';
}

/** ISO 8601; empty where the platform has not set it. */
export function timeOf(timestamp: Timestamp | string | null | undefined): string {
  if (!timestamp || typeof timestamp === 'string') return timestamp ?? '';
  return new Date(Number(timestamp.seconds ?? 0) * 1000 + Math.floor((timestamp.nanos ?? 0) / 1e6)).toISOString();
}

export function secondsOf(seconds: number): protos.google.protobuf.IDuration {
  return { seconds };
}

/** Merges variables and secret references into a container's environment; other entries stay where they are. */
export function mergedEnvironment(
  present: EnvironmentVariable[] | null | undefined,
  variables: Record<string, string>,
  secrets: Record<string, { secret: string; version: string }>,
): EnvironmentVariable[] {
  const merged = new Map((present ?? []).map((variable) => [variable.name ?? '', variable]));
  for (const [name, value] of Object.entries(variables)) merged.set(name, { name, value });
  for (const [name, { secret, version }] of Object.entries(secrets))
    merged.set(name, { name, valueSource: { secretKeyRef: { secret, version } } });
  return [...merged.values()];
}
