import type { ChannelEntry } from './catalog/notifications.ts';
import type { Severity } from './incident/severity.ts';

/** Names what people are told of. A further one is a word here; every channel can tell it. */
export const notificationEvents = [
  'incidentOpened',
  'incidentUpdated',
  'incidentAcknowledged',
  'escalated',
  'mitigationStarted',
  'mitigationEnded',
  'communicated',
  'resolved',
] as const;
export type NotificationEvent = (typeof notificationEvents)[number];

/** Names what a notification is about. */
export interface NotificationSubject {
  kind: 'incident';
  id: string;
  workflowId: string;
  service: string;
  environment: string;
  title: string;
  severity: Severity;
  /** When it began to live, RFC 3339. */
  openedAt: string;
  /** Whether somebody is needed, somebody is on it, or it is over. */
  standing: 'open' | 'acknowledged' | 'over';
}

/** Holds what people are told, as plain data. Each channel writes it in its own form. */
export interface Notification {
  /** Names this very notification, so that a repeat is recognised. */
  key: string;
  event: NotificationEvent;
  /** When it happened, RFC 3339. */
  at: string;
  subject: NotificationSubject;
  /** What happened, in one line. */
  what: string;
  /** Why people should doubt it, in one line; null if nothing speaks against it. */
  caution: string | null;
  /** How it stands now, one line each. */
  facts: NotificationFact[];
  /** Shows all of it in a shell. */
  command: string;
}

export interface NotificationFact {
  name: string;
  text: string;
}

/** Names a notification by its subject and its place in the order of what was told of that. */
export function notificationKey(subject: string, number: number, event: NotificationEvent): string {
  return `${subject}-${number}-${event}`;
}

/** Says whether a channel follows a subject from now on, also if its severity falls later. */
export function isFollowedBy(
  { severities }: ChannelEntry,
  { subject: { severity, standing } }: Pick<Notification, 'subject'>,
): boolean {
  return standing !== 'over' && severities.includes(severity);
}

/** Says whether a channel that follows a subject is told this of it. */
export function isToldTo(
  channel: ChannelEntry,
  { event, subject: { standing } }: Pick<Notification, 'event' | 'subject'>,
  hasHeard: boolean,
): boolean {
  if (channel.kind !== 'pagerDuty') return channel.events.includes(event);
  // One page an incident, and none for what somebody is on already.
  return hasHeard ? event === 'incidentAcknowledged' || standing === 'over' : standing === 'open';
}
