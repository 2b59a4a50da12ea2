import type { protos } from '@google-cloud/run';
import type { CloudRunEntry } from '../../../contract/catalog/targets/cloud-run.ts';

/** Resources of Cloud Run, as Google's client gives and takes them. */
export type Service = protos.google.cloud.run.v2.IService;
export type Revision = protos.google.cloud.run.v2.IRevision;
export type RevisionTemplate = protos.google.cloud.run.v2.IRevisionTemplate;
export type Job = protos.google.cloud.run.v2.IJob;
export type Execution = protos.google.cloud.run.v2.IExecution;
export type Container = protos.google.cloud.run.v2.IContainer;
export type Probe = protos.google.cloud.run.v2.IProbe;
export type Condition = protos.google.cloud.run.v2.ICondition;
export type TrafficTarget = protos.google.cloud.run.v2.ITrafficTarget;
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

/** Shortens a resource's name to its last part. The API gives some names whole and some short. */
export function shortName(name: string | null | undefined): string {
  return (name ?? '').split('/').at(-1) ?? '';
}

/**
 * Says whether the platform has finished with the newest generation. One that failed may never count as observed
 * (platform: Cloud Run Admin v2, Service.reconciling, "if reconciliation failed").
 */
export function isSettled(resource: Service | Job): boolean {
  const isObserved = String(resource.observedGeneration ?? '') === String(resource.generation ?? '');
  return resource.reconciling !== true && (isObserved || hasFailed(resource.terminalCondition));
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

/** Describes a condition for a person: reason and message. */
export function describeCondition(condition: Condition | null | undefined): string {
  const reason = condition?.reason ?? condition?.revisionReason ?? condition?.executionReason;
  const reasonText = typeof reason === 'string' && !/UNDEFINED$/.test(reason) ? reason : '';
  return [reasonText, condition?.message ?? ''].filter((part) => part !== '').join(': ') || 'no reason given';
}

/** Says in words what is waited for while the platform brings a resource into the state that was asked for. */
export function waitForEnd(what: string, condition: Condition | null | undefined): { waitingFor: string } {
  return { waitingFor: `Cloud Run to finish with ${what}${condition?.message ? `: ${condition.message}` : ''}` };
}

/** Formats a time as ISO 8601; empty if the platform has not set it. */
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
