import { z } from 'zod';

/** Describes the payloads of people's messages; each message is a signal and an update under the same name. */

const by = z.string('must say who').trim().min(3, 'must say who').max(200, 'at most 200 characters');
const note = z.string('must be text').max(2000, 'at most 2000 characters').optional();
const reason = z.string('must be text').trim().min(1, 'must not be blank').max(2000, 'at most 2000 characters');
const planHash = z
  .string('must be a plan hash')
  .regex(/^[0-9a-f]{12,64}$/, 'must be the hash that status shows, at least its first 12 digits');
const until = z.iso.datetime({ offset: true, error: 'must be a time such as 2026-03-01T18:00:00Z' });

export const approvePayload = z.strictObject({
  by,
  plan: planHash.optional(),
  role: z.string('must be a role').max(60, 'at most 60 characters').optional(),
  note,
  signature: z.string('must be a signature').max(8000, 'at most 8000 characters').optional(),
});
export const rejectPayload = approvePayload;

export const decideActions = ['retry', 'skip', 'force', 'markDone', 'abort', 'rollback'] as const;
export type DecideAction = (typeof decideActions)[number];
export const decidePayload = z.strictObject({
  action: z.enum(decideActions, `must be one of ${decideActions.join(', ')}`),
  by,
  note,
  evidence: z.string('must be text').max(8000, 'at most 8000 characters').optional(),
});

export const freezePayload = z.strictObject({ by, reason, until: until.optional() });
export const unfreezePayload = z.strictObject({ by, reason });
export const breakLockPayload = z.strictObject({ by, reason });
export const liftPayload = z.strictObject({
  by,
  reason,
  digest: z
    .string('must be a digest')
    .regex(/^sha256:[0-9a-f]{64}$/, 'must be sha256:<64 hexadecimal digits>')
    .optional(),
});

export type ApprovePayload = z.infer<typeof approvePayload>;
export type DecidePayload = z.infer<typeof decidePayload>;
export type FreezePayload = z.infer<typeof freezePayload>;
export type LiftPayload = z.infer<typeof liftPayload>;

/** Names of messages, said once. */
export const messageNames = {
  approve: 'approve',
  reject: 'reject',
  decide: 'decide',
  freeze: 'freeze',
  unfreeze: 'unfreeze',
  breakLock: 'breakLock',
  lift: 'lift',
} as const;

/** Names of queries, said once; every query works without arguments. */
export const queryNames = { status: 'status', timeline: 'timeline', plan: 'plan' } as const;
