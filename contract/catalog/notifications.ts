import { z } from 'zod';
import { severities } from '../incident/severity.ts';
import { changeEvents, everyEvent, incidentEvents } from '../notification.ts';
import { count, name, secretName, secretVersion, url } from './fields.ts';

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
    .regex(new RegExp(`^${secretVariablePrefix}[A-Z0-9_]{1,100}$`), `must be ${secretVariablePrefix}<NAME>`)
    .describe(`A variable of the worker that holds the secret: \`${secretVariablePrefix}<NAME>\`.`),
});

/** A secret of the target's platform, or a variable of the worker. It is read when something is sent (invariant I9). */
const secretReference = z
  .union(
    [
      z.strictObject({
        secret: secretName.describe("The name of a secret of the target's platform; on Kubernetes `<name>/<key>`."),
        version: secretVersion.default('latest').describe('`latest`, or the number of a version.'),
      }),
      workerVariable,
    ],
    `must be {secret: <name>} or {variable: ${secretVariablePrefix}<NAME>}`,
  )
  .meta({
    id: 'secretReference',
    title: 'Secret by reference',
    description: 'Says where a secret is. It is read when it is used, and stands in no plan, history or log.',
  });

const severitiesOf = (...defaults: (typeof severities)[number][]) =>
  z
    .array(z.enum(severities, `must be one of ${severities.join(', ')}`))
    .min(1, 'must have a severity')
    .default(defaults)
    .describe('Incidents of these severities are told.');
/** What is told, of which incidents, and of which approvals. No events: incidents; the rest only to who asks for it. */
const choice = {
  events: z
    .array(z.enum(everyEvent, `must be one of ${everyEvent.join(', ')}`))
    .min(1, 'must have an event')
    .default([...incidentEvents])
    .describe('What is told.'),
  severities: severitiesOf(...severities),
  // Without a default: it would be in the hash of every plan that waits.
  roles: z
    .array(name)
    .min(1, 'must name a role')
    .optional()
    .describe('Of approvals and decisions only those that wait for one of these roles are told. Default: all.'),
};

/** One thread an incident, whose first message shows the present state. */
const slack = z
  .strictObject({
    kind: z.literal('slack'),
    token: secretReference.describe(
      'The token of a bot with `chat:write`, and `channels:history` (`groups:history`) to find what it has posted.',
    ),
    // Messages can only be changed by the id of the channel.
    channel: z
      .string('must be a channel id')
      .regex(/^[CGD][A-Z0-9]{8,20}$/, 'must be a channel id such as C0123456789')
      .meta({ title: 'id of a channel', description: 'The id of the channel.', examples: ['C0123456789'] }),
    ...choice,
  })
  .meta({
    id: 'channel.slack',
    title: 'Channel: Slack',
    description: 'One thread an incident or run. Its first message shows the present state.',
  });

/** A message an event: an incoming webhook can neither answer in a thread nor change a message. */
const slackWebhook = z
  .strictObject({
    kind: z.literal('slackWebhook'),
    webhook: secretReference.describe('The URL of the incoming webhook, which is a secret.'),
    ...choice,
  })
  .meta({
    id: 'channel.slackWebhook',
    title: 'Channel: incoming webhook of Slack',
    description: 'A message an event, without threads.',
  });

/** Fields of whatever is posted to a webhook. */
export const webhookFields = {
  kind: z.literal('webhook'),
  url: z.union([url, secretReference], 'must be a URL, or a secret that holds one').describe('Where it is posted.'),
  signature: secretReference
    .optional()
    .describe('The key of the HMAC-SHA256 in the header `webhook-signature`. Default: it is not signed.'),
};

const webhook = z
  .strictObject({
    ...webhookFields,
    ...choice,
  })
  .meta({ id: 'channel.webhook', title: 'Channel: webhook', description: 'A POST an event, as JSON.' });

/** One page an incident, acknowledged and resolved with it; changes as change events, which page nobody. */
const pagerDuty = z
  .strictObject({
    kind: z.literal('pagerDuty'),
    routingKey: secretReference.describe('The integration key of an Events API v2 integration.'),
    // A run of an earlier version carries none.
    events: z
      .array(z.enum(changeEvents, `must be one of ${changeEvents.join(', ')}`))
      .optional()
      .describe('Events of changes that are sent as change events, which page nobody. Default: none.'),
    severities: severitiesOf('SEV-1', 'SEV-2'),
  })
  .meta({
    id: 'channel.pagerDuty',
    title: 'Channel: PagerDuty',
    description: 'One page an incident, acknowledged and resolved with it.',
  });

/** The address of a mailbox, without a name before it. */
export const mailAddress = z
  .string('must be an e-mail address')
  .max(200, 'at most 200 characters')
  .regex(/^[\w.%+-]+@[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$/, 'must be an e-mail address')
  .meta({ title: 'e-mail address' });
const recipient = z.union([z.literal('roles'), mailAddress], 'must be an e-mail address, or roles');

/** One thread an incident, run or freeze, by the headers that mail programs sort by. */
const email = z
  .strictObject({
    kind: z.literal('email'),
    host: z
      .string('must be the name of a host')
      .regex(/^[A-Za-z0-9]([A-Za-z0-9.:-]{0,250}[A-Za-z0-9])?$/, 'must be the name of a host')
      .meta({ title: 'host', description: 'The SMTP server that takes it.', examples: ['smtp.example.com'] }),
    port: count('a port number', 1, 65_535)
      .default(587)
      .describe(
        'Its port. On 465 TLS begins with the connection, on all others by STARTTLS, without which nothing is sent; ' +
          'only a server on the same machine may do without.',
      ),
    login: z
      .strictObject({
        user: secretReference.describe('The name to sign in with.'),
        password: secretReference.describe('Its password.'),
      })
      .optional()
      .describe('How to sign in. Default: not at all.'),
    from: mailAddress.describe('The address that it comes from.'),
    to: z
      .union([z.literal('roles'), z.array(recipient).min(1, 'must have a recipient')], 'must be roles, or a list')
      .describe('Who gets it: addresses, and `roles` for the people of the roles that are asked.')
      .meta({ examples: ['roles', ['roles', 'release-owner@example.com']] }),
    ...choice,
  })
  .meta({ id: 'channel.email', title: 'Channel: e-mail', description: 'A message an event by SMTP, as plain text.' });

const channel = z.discriminatedUnion(
  'kind',
  [slack, slackWebhook, webhook, email, pagerDuty],
  'must have a kind: slack, slackWebhook, webhook, email, pagerDuty',
);

export const notifications = z
  .record(name, channel)
  .describe('Who is told of incidents and runs, as channels by name: [notifications](notifications.md).');

export type SecretReference = z.infer<typeof secretReference>;
export type ChannelEntry = z.infer<typeof channel>;
export type ChannelKind = ChannelEntry['kind'];
export type ChannelOf<Kind extends ChannelKind> = Extract<ChannelEntry, { kind: Kind }>;
