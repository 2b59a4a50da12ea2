import { randomUUID } from 'node:crypto';
import type { Condition, ConditionState, Timestamp } from './resources.ts';

export const creator = 'release-owner@slipway-sandbox.iam.gserviceaccount.com';

export function toTimestamp(date: Date): Timestamp {
  const ms = date.getTime();
  return { seconds: String(Math.floor(ms / 1000)), nanos: (ms % 1000) * 1e6 };
}

export function now(): Timestamp {
  return toTimestamp(new Date());
}

export function toMillis(time: Timestamp): number {
  return Number(time.seconds) * 1000 + time.nanos / 1e6;
}

/** Platform: an etag is quoted base64. A new one for every change that a caller can make. */
export function newEtag(): string {
  return `"${Buffer.from(randomUUID()).toString('base64')}"`;
}

export function newMetadata(name: string, labels: Record<string, string>, annotations: Record<string, string>) {
  const time = now();
  return {
    name,
    labels,
    annotations,
    uid: randomUUID(),
    generation: '1',
    observedGeneration: '0',
    createTime: time,
    updateTime: time,
    deleteTime: null,
    etag: newEtag(),
    reconciling: true,
    conditions: [] as Condition[],
  };
}

export interface ConditionDetails {
  message?: string;
  reason?: string;
  revisionReason?: string;
  executionReason?: string;
}

export function condition(type: string, state: ConditionState, details: ConditionDetails = {}): Condition {
  const reasons = {
    ...(details.reason && { reason: details.reason }),
    ...(details.revisionReason && { revisionReason: details.revisionReason }),
    ...(details.executionReason && { executionReason: details.executionReason }),
  };
  return { type, state, message: details.message ?? '', lastTransitionTime: now(), ...reasons };
}

/** Puts conditions in place of those of the same type; an unchanged one keeps its transition time. */
export function withConditions(present: Condition[], changed: Condition[]): Condition[] {
  const merged = new Map(present.map((each) => [each.type, each]));
  for (const each of changed) {
    const before = merged.get(each.type);
    const same = before?.state === each.state && before.message === each.message;
    merged.set(each.type, same ? { ...each, lastTransitionTime: before.lastTransitionTime } : each);
  }
  return [...merged.values()];
}

export function findCondition(conditions: Condition[], type: string): Condition | undefined {
  return conditions.find((each) => each.type === type);
}
