import { MockActivityEnvironment } from '@temporalio/testing';
import { createNotifyActivities } from '../../activities/notify.ts';
import { createEmail } from '../../activities/email/index.ts';
import { createPagerDuty } from '../../activities/pagerduty/index.ts';
import type { Messengers, Told } from '../../activities/ports/notifications.ts';
import { createSlack } from '../../activities/slack/index.ts';
import { createSlackWebhook } from '../../activities/slack/webhook.ts';
import { createWebhook } from '../../activities/webhook/index.ts';
import { notifications } from '../../contract/catalog/notifications.ts';
import type { Notification, NotificationSubject } from '../../contract/notification.ts';
import { World } from '../workflows/world.ts';
import type { Reply } from './gate-world.ts';

/** What a situation says of a delivery; the rest is as an incident would have it. */
export interface Situation {
  /** As in a catalog file. */
  channel: object;
  notification?: Partial<Notification>;
  thread?: string | null;
  /** From 2 on, an earlier attempt may have told it. */
  attempt?: number;
  mayBeTold?: boolean;
  /** Values of secrets, by their names. */
  secrets?: Record<string, string>;
  /** Messengers of the test's own, such as one that trusts its certificate. */
  messengers?: Partial<Messengers>;
}

function notificationOf(changes: Partial<Notification> = {}): Notification {
  return {
    key: 'c1-1-incidentOpened',
    event: 'incidentOpened',
    at: new Date().toISOString(),
    what: 'opened by alertmanager',
    caution: null,
    facts: [{ name: 'on it', text: 'nobody yet' }],
    command: './slipway incident show incident/service/staging/cause',
    ...changes,
    subject: {
      kind: 'incident',
      id: 'c1',
      workflowId: 'incident/service/staging/cause',
      service: 'service',
      environment: 'staging',
      title: 'no run starts',
      severity: 'SEV-1',
      openedAt: new Date().toISOString(),
      standing: 'open',
      ...changes.subject,
    } as NotificationSubject,
  };
}

/** Makes the real messengers, all of them at one address; that of a mail server stands in its channel. */
export function messengersAt(url: string): Messengers {
  return {
    slack: createSlack(`${url}/api`),
    slackWebhook: createSlackWebhook(),
    webhook: createWebhook(),
    email: createEmail(),
    pagerDuty: createPagerDuty(url),
  };
}

/** Runs the activity as a worker would, with the real messengers. */
export async function notify(
  url: string,
  {
    channel,
    notification = {},
    thread = null,
    attempt = 1,
    mayBeTold = false,
    secrets = {},
    messengers = {},
  }: Situation,
): Promise<Told> {
  const world = new World();
  const ports = {
    messengers: { ...messengersAt(url), ...messengers },
    connection: {
      address: '',
      namespace: 'default',
      ui: 'https://temporal.example.com',
      knownSearchAttributes: async () => [],
      installation: async () => '',
    },
    secrets: {
      read: async (_target: unknown, secret: string) => secrets[secret] ?? `value of ${secret}`,
      stateOf: async () => 'enabled' as const,
      identityToken: async () => 'a token',
      disable: async () => undefined,
    },
    workerSecrets: { read: (variable: string) => secrets[variable] ?? null },
  };
  const parsed = notifications.parse({ it: channel })['it'];
  if (!parsed) throw new Error('the channel is missing');
  const { target } = world.entry.settings;
  const request = { target, channel: parsed, notification: notificationOf(notification), thread, mayBeTold };
  return new MockActivityEnvironment({ attempt }).run(createNotifyActivities(ports).notify, request);
}

/** Lists answers that may pass and answers that are final: status, the type of the failure, and whether it is final. */
export const refusals: [string, Reply, { type: string; nonRetryable: boolean }][] = [
  ['is overloaded', { status: 429 }, { type: 'Unavailable', nonRetryable: false }],
  ['fails', { status: 500 }, { type: 'Unavailable', nonRetryable: false }],
  ['is restarted', { status: 503 }, { type: 'Unavailable', nonRetryable: false }],
  ['loses the answer', 'lost', { type: 'Unavailable', nonRetryable: false }],
  ['refuses what it is sent', { status: 400, text: 'bad form' }, { type: 'BadRequest', nonRetryable: true }],
  ['is not there', { status: 404 }, { type: 'Missing', nonRetryable: true }],
  [
    'sends elsewhere, where nobody follows',
    { status: 302, headers: { location: 'http://169.254.169.254/' } },
    { type: 'BadRequest', nonRetryable: true },
  ],
];
