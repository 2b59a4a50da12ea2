import type { Payload, PayloadCodec } from '@temporalio/common';
import { hashOfPlan } from '../../activities/plan-hash.ts';
import type { Plan } from '../../contract/plan.ts';

/**
 * Gives the plans of the stub workflows their true hash as they leave the worker, since the sandbox of workflows has no
 * SHA-256. The client believes no other.
 */
export const planHashes: PayloadCodec = {
  encode: async (payloads) => payloads.map(withHash),
  decode: async (payloads) => payloads,
};

function withHash(payload: Payload): Payload {
  if (!payload.data?.length) return payload;
  const value: unknown = JSON.parse(Buffer.from(payload.data).toString());
  if (!isUnhashedPlan(value)) return payload;
  const data = Buffer.from(JSON.stringify({ ...value, hash: hashOfPlan(value) }));
  return { ...payload, data };
}

function isUnhashedPlan(value: unknown): value is Plan {
  return typeof value === 'object' && value !== null && 'live' in value && 'hash' in value && value.hash === '';
}
