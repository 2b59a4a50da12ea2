import { z } from 'zod';
import { name } from './catalog/fields.ts';
import { commit, digest, moment, person, reason, rollbackGoal, stopScope } from './fields.ts';
import { categoryNames } from './incident/categories/index.ts';
import { mitigationNames } from './incident/category.ts';
import { episodes } from './incident/episode.ts';
import { severities } from './incident/severity.ts';
import { decideActions, type MessageName } from './message-names.ts';

export * from './message-names.ts';

/** Describes the payloads of people's messages; each message is a signal and an update under the same name. */

const by = person;
const note = z.string('must be text').max(2000, 'at most 2000 characters').optional();
const planHash = z
  .string('must be a plan hash')
  .regex(/^[0-9a-f]{12,64}$/, 'must be the hash that status shows, at least its first 12 digits');

const signature = z.string('must be a signature').max(8000, 'at most 8000 characters').optional();

export const approvePayload = z.strictObject({
  by,
  plan: planHash.optional(),
  role: z.string('must be a role').max(60, 'at most 60 characters').optional(),
  note,
  signature,
});
export const rejectPayload = approvePayload;

export const decidePayload = z.strictObject({
  action: z.enum(decideActions, `must be one of ${decideActions.join(', ')}`),
  by,
  note,
  evidence: z.string('must be text').max(8000, 'at most 8000 characters').optional(),
  signature,
});

/** With a scope it is a part of a stop of the line, which the same scope ends. */
export const freezePayload = z.strictObject({
  by,
  reason,
  until: moment.optional(),
  scope: stopScope.optional(),
  signature,
});
export const unfreezePayload = z.strictObject({ by, reason, scope: stopScope.optional(), signature });
export const adoptPayload = z.strictObject({ by, reason, signature });
export const breakLockPayload = z.strictObject({ by, reason, signature });
export const liftPayload = z.strictObject({
  by,
  reason,
  digest: digest.optional(),
  signature,
});

/** Messages to an incident. */
export const acknowledgePayload = z.strictObject({ by, note });
export const classifyPayload = z
  .strictObject({
    by,
    severity: z.enum(severities, `must be one of ${severities.join(', ')}`).optional(),
    /** `unknown` takes a category back. */
    category: z.enum([...categoryNames, 'unknown'], `must be unknown or one of ${categoryNames.join(', ')}`).optional(),
    note,
    signature,
  })
  .refine(({ severity, category }) => severity !== undefined || category !== undefined, {
    path: ['severity'],
    message: 'give severity, category or both',
    when: ({ value }) => typeof value === 'object' && value !== null,
  });
export const notePayload = z.strictObject({
  by,
  text: reason,
  /** The item of the checklist that this answers. */
  item: z.string('must be an item of the checklist').max(100, 'at most 100 characters').optional(),
});
export const mitigatePayload = z.strictObject({
  by,
  /** Default: what the incident proposes, else a rollback. */
  action: z.enum(mitigationNames, `must be one of ${mitigationNames.join(', ')}`).optional(),
  /** Of a rollback: the change, commit or revision to go back to. Default: the state before the first suspect. */
  to: rollbackGoal.optional(),
  /** Of a deploy: the commit that mends it. */
  commit: commit.optional(),
  /** Of `disableTraffic`: the switch, as the catalog names it. Default: the only one. */
  switch: name.optional(),
  note,
  signature,
});
export const communicatePayload = z.strictObject({
  by,
  text: reason,
  /** Minutes until people hear again; default: as the catalog says for the severity. */
  nextInMinutes: z
    .number('must be a number of minutes')
    .int()
    .min(1, 'at least 1')
    .max(10_080, 'at most 10080')
    .optional(),
});
export const resolvePayload = z.strictObject({
  by,
  note,
  signature,
  /** True if it was no incident: it ends without a look at the symptom. */
  falseAlarm: z.boolean('must be true or false').optional(),
});
/** What has to be done after it: a new follow-up, or the number of one that is done. */
export const followUpPayload = z
  .strictObject({
    by,
    text: reason.optional(),
    /** Who does it: a person or a team. */
    owner: z.string('must say who does it').trim().min(2, 'must say who does it').max(200).optional(),
    /** A day such as `2026-03-08`, or a time. */
    dueAt: z.union([z.iso.date(), z.iso.datetime({ offset: true })], 'must be a day such as 2026-03-08').optional(),
    done: z.number('must be the number of a follow-up').int().min(1).optional(),
  })
  .refine(({ done, text, owner, dueAt }) => isOneOf(done, [text, owner, dueAt]), {
    path: ['text'],
    message: 'give text, owner and dueAt; or done alone, with the number of one that is done',
    when: ({ value }) => typeof value === 'object' && value !== null,
  });
/** Sent by `./slipway alerts`; the incident asks Alertmanager before it believes it. */
export const alertsPayload = z.strictObject({ episodes });

export type AcknowledgePayload = z.infer<typeof acknowledgePayload>;
export type ClassifyPayload = z.infer<typeof classifyPayload>;
export type NotePayload = z.infer<typeof notePayload>;
export type MitigatePayload = z.infer<typeof mitigatePayload>;
export type CommunicatePayload = z.infer<typeof communicatePayload>;
export type ResolvePayload = z.infer<typeof resolvePayload>;
export type FollowUpPayload = z.infer<typeof followUpPayload>;
export type AlertsPayload = z.infer<typeof alertsPayload>;
export type ApprovePayload = z.infer<typeof approvePayload>;
export type DecidePayload = z.infer<typeof decidePayload>;
export type FreezePayload = z.infer<typeof freezePayload>;
export type UnfreezePayload = z.infer<typeof unfreezePayload>;
export type AdoptPayload = z.infer<typeof adoptPayload>;
export type LiftPayload = z.infer<typeof liftPayload>;

/** Parsed payload of each message. */
export interface MessagePayloads {
  approve: ApprovePayload;
  reject: ApprovePayload;
  decide: DecidePayload;
  freeze: FreezePayload;
  unfreeze: UnfreezePayload;
  breakLock: LiftPayload;
  lift: LiftPayload;
  adopt: AdoptPayload;
  acknowledge: AcknowledgePayload;
  classify: ClassifyPayload;
  note: NotePayload;
  mitigate: MitigatePayload;
  communicate: CommunicatePayload;
  resolve: ResolvePayload;
  followUp: FollowUpPayload;
  alerts: AlertsPayload;
}

/** Schema of the payload of each message. */
export const messagePayloads: { readonly [Name in MessageName]: z.ZodType<MessagePayloads[Name]> } = {
  approve: approvePayload,
  reject: rejectPayload,
  decide: decidePayload,
  freeze: freezePayload,
  unfreeze: unfreezePayload,
  breakLock: breakLockPayload,
  lift: liftPayload,
  adopt: adoptPayload,
  acknowledge: acknowledgePayload,
  classify: classifyPayload,
  note: notePayload,
  mitigate: mitigatePayload,
  communicate: communicatePayload,
  resolve: resolvePayload,
  followUp: followUpPayload,
  alerts: alertsPayload,
};

/** Says whether a number is given alone, or all of the other fields are. */
function isOneOf(number: number | undefined, others: unknown[]): boolean {
  return others.every((value) => (value === undefined) === (number !== undefined));
}
