import { randomUUID } from 'node:crypto';
import type { WorldValues } from '../../core/world.ts';
import { messageType } from './messages.ts';
import type { Condition, ConditionState, Metadata, Timestamp } from './resources.ts';

/** Names whoever calls the emulator, in the fields that tell who changed a resource. */
export const caller = 'release-owner@slipway-sandbox.iam.gserviceaccount.com';

function toTimestamp(date: Date): Timestamp {
  const ms = date.getTime();
  return { seconds: String(Math.floor(ms / 1000)), nanos: (ms % 1000) * 1e6 };
}

export function now(): Timestamp {
  return toTimestamp(new Date());
}

export function toMillis(time: Timestamp): number {
  return Number(time.seconds) * 1000 + time.nanos / 1e6;
}

/** Makes a time that is after another one, as two changes in one millisecond have two etags. */
function nowAfter(earlier: Timestamp): Timestamp {
  const time = now();
  return toMillis(time) > toMillis(earlier) ? time : { ...earlier, nanos: earlier.nanos + 1000 };
}

/** Makes the etag of a resource that was written just now, as this world's platform does. */
export function etagOf(
  { etagOfUpdateTime }: Pick<WorldValues, 'etagOfUpdateTime'>,
  { name, updateTime }: Pick<Metadata, 'name' | 'updateTime'>,
): string {
  if (!etagOfUpdateTime) return newEtag();
  const type = messageType('Service').root.lookupType('google.protobuf.Timestamp');
  const time = Buffer.from(type.encode(type.fromObject(updateTime)).finish());
  return `"${time.toString('base64url')}/${Buffer.from(name).toString('base64url')}"`;
}

/** Makes a new etag, for every change that a caller can make. Platform: it is quoted base64. */
export function newEtag(): string {
  return `"${Buffer.from(randomUUID()).toString('base64')}"`;
}

/** Fields that the platform gives to every new resource. */
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

/** Fields that an accepted change keeps or moves on; a caller cannot set them. */
export function nextMetadata(present: Metadata & { creator: string }) {
  const { name, uid, createTime, creator, observedGeneration } = present;
  return {
    name,
    uid,
    createTime,
    creator,
    observedGeneration,
    generation: String(Number(present.generation) + 1),
    updateTime: nowAfter(present.updateTime),
    deleteTime: null,
    etag: newEtag(),
    lastModifier: caller,
  };
}

/** Status of a resource whose change was just accepted: nothing has begun yet. */
export function pendingStatus(conditionTypes: string[] = []) {
  return {
    reconciling: true,
    terminalCondition: condition('Ready', 'CONDITION_PENDING'),
    conditions: conditionTypes.map((type) => condition(type, 'CONDITION_PENDING')),
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
