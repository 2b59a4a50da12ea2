import type { ChannelOf } from '../../contract/catalog/notifications.ts';
import type { Severity } from '../../contract/incident/severity.ts';
import { nounOf, type IncidentSubject, type Notification } from '../../contract/notification.ts';
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

type About<Subject> = Notification & { subject: Subject };

/**
 * Pages by the Events API v2. The subject's id is the dedup_key: a repeat joins the alert that is open and pages
 * nobody, and the platform drops an acknowledgement or an end of an alert that it does not have. A change event has no
 * such key: after a lost answer it is there twice (PagerDuty, Events API v2, change events).
 */
export function createPagerDuty(api: string): Messenger<ChannelOf<'pagerDuty'>> {
  return {
    async tell({ channel, link, notification, secret, signal }) {
      const place = 'PagerDuty';
      const routingKey = await secret(channel.routingKey);
      const [method, event] = isOfIncident(notification)
        ? ['v2/enqueue', eventOf(notification, routingKey, link)]
        : ['v2/change/enqueue', changeOf(notification, routingKey, link)];
      const answer = await post({
        place,
        url: new URL(method, api.endsWith('/') ? api : `${api}/`),
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(event),
        signal,
      });
      if (answer.status === 202) return { thread: null };
      throw failureOfAnswer(place, answer, pauseMs);
    },
  };
}

function isOfIncident(notification: Notification): notification is About<IncidentSubject> {
  return notification.subject.kind === 'incident';
}

function changeOf(notification: Notification, routing_key: string, link: string | null): object {
  const { at, subject, what } = notification;
  const { service, environment } = subject;
  const payload = {
    summary: `${nounOf(subject)} of ${service} in ${environment}: ${what}`.slice(0, maxSummaryLength),
    source: sourceOf(subject),
    timestamp: at,
    custom_details: detailsOf(notification),
  };
  return { routing_key, payload, ...linksTo(link) };
}

function eventOf(notification: About<IncidentSubject>, routingKey: string, link: string | null): object {
  const { event, subject } = notification;
  const event_action =
    subject.standing === 'over' ? 'resolve' : event === 'incidentAcknowledged' ? 'acknowledge' : 'trigger';
  const common = { routing_key: routingKey, event_action, dedup_key: `slipway-${subject.id}`.slice(0, maxKeyLength) };
  return event_action === 'trigger'
    ? { ...common, client: 'Slipway', payload: payloadOf(notification), ...linksTo(link) }
    : common;
}

function linksTo(link: string | null): object {
  return link === null ? {} : { links: [{ href: link, text: 'in Temporal' }] };
}

function payloadOf(notification: About<IncidentSubject>): object {
  const { at, caution, subject } = notification;
  const { service, environment, severity, title } = subject;
  const doubt = caution === null ? '' : ` (${caution})`;
  return {
    summary: `${severity} ${service} in ${environment}: ${title}${doubt}`.slice(0, maxSummaryLength),
    source: sourceOf(subject),
    severity: severities[severity],
    timestamp: at,
    component: service,
    group: environment,
    custom_details: detailsOf(notification),
  };
}

function sourceOf({ service, environment }: Notification['subject']): string {
  return `${service}/${environment}`.slice(0, maxSourceLength);
}

function detailsOf({ command, facts, key, what }: Notification): object {
  return {
    what: what.slice(0, maxFactLength),
    ...Object.fromEntries(facts.slice(0, maxFacts).map(({ name, text }) => [name, text.slice(0, maxFactLength)])),
    command: command.slice(0, maxFactLength),
    key,
  };
}
