import { z } from 'zod';
import { callerBell } from './bells.ts';
import { environmentVariable, name } from './catalog/fields.ts';
import { trafficStates } from './disabled-traffic.ts';
import { drillParts } from './drill.ts';
import { categoryNames } from './incident/categories/index.ts';
import { episodes } from './incident/episode.ts';
import { severities } from './incident/severity.ts';
import { problemsOf, type Problem } from './failures.ts';
import { commit, digest, moment, person, reason, rollbackGoal } from './fields.ts';
import type { WorkflowInputs } from './workflow-types.ts';

/** Describes the input of every workflow type: one JSON object each, unknown fields refused. */

const image = z
  .string('must be an image')
  .regex(
    /^[a-z0-9.-]+(:[0-9]+)?(\/[a-z0-9._-]+)+@sha256:[0-9a-f]{64}$/,
    'must name an image by digest: <repository>@sha256:<64 hexadecimal digits>',
  );

/** As many secrets as one rotation may have: its plan is read by people. */
const maxRotated = 20;
const environmentName = { service: name, environment: name };
/**
 * Proves that `requestedBy` asks for exactly this: an SSH signature over the statement `slipway request v1`. Only where
 * approvals are signed.
 */
const request = z
  .strictObject({
    expires: moment,
    signature: z.string('must be a signature').max(8000, 'at most 8000 characters'),
  })
  .optional();
const requester = { requestedBy: person, reason: reason.optional(), request };
const dryRun = z.boolean('must be true or false').optional();
/** The number of the issue to which evidence is attached, in the repository that the catalog names. */
const ticket = z
  .number('must be a number')
  .int('must be a number')
  .min(1, 'at least 1')
  .max(2 ** 31)
  .optional();

export const deployInput = z
  .strictObject({
    ...environmentName,
    ...requester,
    commit: commit.optional(),
    image: image.optional(),
    dryRun,
    ticket,
  })
  .refine((input) => (input.commit === undefined) !== (input.image === undefined), {
    path: ['commit'],
    message: 'give either commit or image',
    when: ({ value }) => typeof value === 'object' && value !== null,
  });
/** A commit's whole way to users. It holds no environment, so it names none. */
export const releaseInput = z.strictObject({ service: name, commit, ...requester, ticket });
export const promoteInput = z
  .strictObject({ service: name, from: name, to: name, ...requester, digest: digest.optional(), dryRun, ticket })
  .refine((input) => input.from !== input.to, {
    path: ['to'],
    message: 'must be another environment than from',
    when: ({ value }) => typeof value === 'object' && value !== null,
  });
export const rollbackInput = z.strictObject({
  ...environmentName,
  requestedBy: person,
  reason,
  request,
  to: rollbackGoal.optional(),
  schemaVersion: z
    .string('must be text')
    .regex(/^[\w.-]{1,100}$/, 'must be the name or version of a migration')
    .optional(),
  dryRun,
});
export const migrateInput = z.strictObject({ ...environmentName, ...requester });
/** A restart of what serves. It needs a reason, as a rollback does: it passes freezes. */
export const restartInput = z.strictObject({ ...environmentName, requestedBy: person, reason, request });
/**
 * Gives secrets of what serves their next versions (runbook 001, section 5): by the variable that carries a secret, the
 * number of a version that is there already. No message repeats what somebody gave for it, since that may be a value.
 */
export const rotateSecretsInput = z.strictObject({
  ...environmentName,
  ...requester,
  secrets: z
    .record(
      environmentVariable,
      z
        .string('must be the number of a version, never a value')
        .regex(/^[1-9]\d{0,8}$/, 'must be the number of a version, never a value'),
      'must name variables with the numbers of versions',
    )
    .refine((secrets) => Object.keys(secrets).length > 0, 'must name a secret')
    .refine((secrets) => Object.keys(secrets).length <= maxRotated, `at most ${maxRotated} secrets`),
});
/** Disables or enables a risky path of traffic by the switch that the catalog declares. */
export const switchTrafficInput = z.strictObject({
  ...environmentName,
  requestedBy: person,
  reason,
  request,
  switch: name,
  to: z.enum(trafficStates, `must be one of ${trafficStates.join(', ')}`),
});
/** Parts of a drill: one, several, or `all`, which is the default. */
const parts = z.array(z.enum(drillParts)).min(1);
export const drillInput = z.strictObject({
  ...environmentName,
  ...requester,
  kind: z
    .union([z.enum(['all', ...drillParts]), parts], `must be all, or of ${drillParts.join(', ')}: one or a list`)
    .optional(),
});
export const checkDriftInput = z.strictObject({ service: name.optional(), environment: name.optional() });
/** Section 1 of runbook 001, for one environment. */
export const dailyChecksInput = z.strictObject(environmentName);
/** A test message through the channels of one environment, or through one of them. */
export const testNotificationsInput = z.strictObject({
  ...environmentName,
  channel: name.optional(),
  requestedBy: person,
});
/** Gate G0 of a service (runbook 001, section 9), or its validation commands (section 8). */
export const baselineInput = z.strictObject({
  service: name,
  /** Default: the commit at the head of the release branch. */
  commit: commit.optional(),
  validation: z.boolean('must be true or false').optional(),
});
/** An incident, opened by a person or by an alert (runbook 001, sections 3 and 4; runbook 004). */
export const incidentInput = z.strictObject({
  ...environmentName,
  title: z.string('must be text').trim().min(3, 'must say what is wrong').max(200, 'at most 200 characters'),
  openedBy: person,
  severity: z.enum(severities, `must be one of ${severities.join(', ')}`).optional(),
  category: z.enum(categoryNames, `must be one of ${categoryNames.join(', ')}`).optional(),
  /** When it began, if it is known; default: the first alert, else now. */
  onset: moment.optional(),
  alerts: episodes.optional(),
  /** The run of the change that opens it; it is asked what became of it. */
  change: callerBell.optional(),
});
export const environmentInput = z.strictObject({ ...environmentName, carried: z.unknown().optional() });

export type ReleaseInput = z.infer<typeof releaseInput>;
export type DeployInput = z.infer<typeof deployInput>;
export type PromoteInput = z.infer<typeof promoteInput>;
export type RollbackInput = z.infer<typeof rollbackInput>;
export type RestartInput = z.infer<typeof restartInput>;
export type RotateSecretsInput = z.infer<typeof rotateSecretsInput>;
export type SwitchTrafficInput = z.infer<typeof switchTrafficInput>;
export type MigrateInput = z.infer<typeof migrateInput>;
export type DrillInput = z.infer<typeof drillInput>;
export type CheckDriftInput = z.infer<typeof checkDriftInput>;
export type IncidentInput = z.infer<typeof incidentInput>;
export type DailyChecksInput = z.infer<typeof dailyChecksInput>;
export type TestNotificationsInput = z.infer<typeof testNotificationsInput>;
export type BaselineInput = z.infer<typeof baselineInput>;

/** The input of each workflow type that a person starts. */
export const inputSchemas: { readonly [Type in keyof WorkflowInputs]: z.ZodType<WorkflowInputs[Type]> } = {
  release: releaseInput,
  deploy: deployInput,
  migrate: migrateInput,
  promote: promoteInput,
  rollback: rollbackInput,
  restart: restartInput,
  rotateSecrets: rotateSecretsInput,
  switchTraffic: switchTrafficInput,
  drill: drillInput,
  incident: incidentInput,
  checkDrift: checkDriftInput,
  dailyChecks: dailyChecksInput,
  testNotifications: testNotificationsInput,
  baseline: baselineInput,
};

/** Parses an input, or lists every problem that it has, with its path. It never throws. */
export function parseInput<T>(schema: z.ZodType<T>, raw: unknown): { input: T } | { problems: Problem[] } {
  const parsed = schema.safeParse(raw ?? {});
  return parsed.success ? { input: parsed.data } : { problems: problemsOf(parsed.error, raw ?? {}) };
}
