import type { ChannelOf } from '../../contract/catalog/notifications.ts';
import type { Severity } from '../../contract/incident/severity.ts';
import type { Notification } from '../../contract/notification.ts';
import type { Messenger } from '../ports/notifications.ts';
import { failureOfAnswer, post } from '../post.ts';

/**
 * Limits of an event (PagerDuty, Events API v2): summary 1024 characters, dedup_key 255, the whole 512 KB. The facts
 * are cut so that the whole stays far below.
 */
const maxSummaryLength = 1024;
const maxKeyLength = 255;
const maxSourceLength = 255;
const maxFacts = 30;
const maxFactLength = 1000;
/** "Retry after some minutes" for 429 and 5xx (PagerDuty, Events API v2, response codes). */
const pauseMs = 2 * 60_000;

const severities: Record<Severity, string> = { 'SEV-1': 'critical', 'SEV-2': 'error', 'SEV-3': 'warning' };

/**
 * Pages by the Events API v2. The subject's id is the dedup_key: a repeat joins the alert that is open and pages
 * nobody, and the platform drops an acknowledgement or an end of an alert that it does not have.
 */
export function createPagerDuty(api: string): Messenger<ChannelOf<'pagerDuty'>> {
  return {
    async tell({ channel, notification, secret, signal }) {
      const place = 'PagerDuty';
      const answer = await post({
        place,
        url: new URL('v2/enqueue', api.endsWith('/') ? api : `${api}/`),
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(eventOf(notification, await secret(channel.routingKey))),
        signal,
      });
      if (answer.status === 202) return { thread: null };
      throw failureOfAnswer(place, answer, pauseMs);
    },
  };
}

function eventOf(notification: Notification, routingKey: string): object {
  const { event, subject } = notification;
  const event_action =
    subject.standing === 'over' ? 'resolve' : event === 'incidentAcknowledged' ? 'acknowledge' : 'trigger';
  const common = { routing_key: routingKey, event_action, dedup_key: `slipway-${subject.id}`.slice(0, maxKeyLength) };
  return event_action === 'trigger' ? { ...common, client: 'Slipway', payload: payloadOf(notification) } : common;
}

function payloadOf({ at, caution, command, facts, subject, what }: Notification): object {
  const { service, environment, severity, title } = subject;
  const doubt = caution === null ? '' : ` (${caution})`;
  return {
    summary: `${severity} ${service} in ${environment}: ${title}${doubt}`.slice(0, maxSummaryLength),
    source: `${service}/${environment}`.slice(0, maxSourceLength),
    severity: severities[severity],
    timestamp: at,
    component: service,
    group: environment,
    custom_details: {
      what: what.slice(0, maxFactLength),
      ...Object.fromEntries(facts.slice(0, maxFacts).map(({ name, text }) => [name, text.slice(0, maxFactLength)])),
      command: command.slice(0, maxFactLength),
    },
  };
}
