import { z } from 'zod';
import { severities } from '../incident/severity.ts';
import { changeEvents, incidentEvents, runEvents } from '../notification.ts';
import { name, secretName, secretVersion, url } from './fields.ts';

/**
 * Describes who is told of incidents and runs: channels by name. They belong to an environment, since their secrets
 * are read where its target has its own, and production calls other people than staging does.
 */

/** The beginning of a worker's variables that hold secrets; no catalog file can have their values put in. */
export const secretVariablePrefix = 'SLIPWAY_SECRET_';

/** A variable of the worker that holds a secret. */
export const workerVariable = z.strictObject({
  variable: z
    .string()
    .regex(new RegExp(`^${secretVariablePrefix}[A-Z0-9_]{1,100}$`), `must be ${secretVariablePrefix}<NAME>`),
});

/** A secret of the target's platform, or a variable of the worker. It is read when something is sent (invariant I9). */
export const secretReference = z.union(
  [z.strictObject({ secret: secretName, version: secretVersion.default('latest') }), workerVariable],
  `must be {secret: <name>} or {variable: ${secretVariablePrefix}<NAME>}`,
);

const severitiesOf = (...defaults: (typeof severities)[number][]) =>
  z
    .array(z.enum(severities, `must be one of ${severities.join(', ')}`))
    .min(1, 'must have a severity')
    .default(defaults);
/** A channel that names no events is told of incidents; of runs only who asks for it. */
const allEvents = [...incidentEvents, ...runEvents] as const;
/** What is told, and of which incidents. */
const choice = {
  events: z
    .array(z.enum(allEvents, `must be one of ${allEvents.join(', ')}`))
    .min(1, 'must have an event')
    .default([...incidentEvents]),
  severities: severitiesOf(...severities),
};

/** One thread an incident, whose first message shows the present state. */
const slack = z.strictObject({
  kind: z.literal('slack'),
  /** A bot's token with chat:write, and channels:history (groups:history) to find what it has posted. */
  token: secretReference,
  /** Its id, such as C0123456789: messages can only be changed by that. */
  channel: z.string('must be a channel id').regex(/^[CGD][A-Z0-9]{8,20}$/, 'must be a channel id such as C0123456789'),
  ...choice,
});

/** A message an event: an incoming webhook can neither answer in a thread nor change a message. */
const slackWebhook = z.strictObject({ kind: z.literal('slackWebhook'), webhook: secretReference, ...choice });

const webhook = z.strictObject({
  kind: z.literal('webhook'),
  url: z.union([url, secretReference], 'must be a URL, or a secret that holds one'),
  /** The key of the HMAC-SHA256 in the header webhook-signature. */
  signature: secretReference.optional(),
  ...choice,
});

/** One page an incident, acknowledged and resolved with it; changes as change events, which page nobody. */
const pagerDuty = z.strictObject({
  kind: z.literal('pagerDuty'),
  /** The integration key of an Events API v2 integration. */
  routingKey: secretReference,
  /** Of changes; a run of an earlier version carries none. */
  events: z.array(z.enum(changeEvents, `must be one of ${changeEvents.join(', ')}`)).optional(),
  severities: severitiesOf('SEV-1', 'SEV-2'),
});

const channel = z.discriminatedUnion(
  'kind',
  [slack, slackWebhook, webhook, pagerDuty],
  'must have a kind: slack, slackWebhook, webhook, pagerDuty',
);

export const notifications = z.record(name, channel);

export type SecretReference = z.infer<typeof secretReference>;
export type ChannelEntry = z.infer<typeof channel>;
export type ChannelKind = ChannelEntry['kind'];
export type ChannelOf<Kind extends ChannelKind> = Extract<ChannelEntry, { kind: Kind }>;
