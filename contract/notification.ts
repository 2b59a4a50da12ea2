import type { ChannelEntry } from './catalog/notifications.ts';
import type { Severity } from './incident/severity.ts';

/** Names what people are told of an incident. A further one is a word here; every channel can tell it. */
export const incidentEvents = [
  'incidentOpened',
  'incidentUpdated',
  'incidentAcknowledged',
  'escalated',
  'mitigationStarted',
  'mitigationEnded',
  'communicated',
  'resolved',
] as const;
/** Names what people are told of a change as such: PagerDuty shows these beside incidents. */
export const changeEvents = ['changeStarted', 'changeEnded'] as const;
/** Names what people are told of a run: it needs them, or does not any more. */
export const runEvents = [
  'approvalNeeded',
  'approvalAnswered',
  'decisionNeeded',
  'decisionTaken',
  ...changeEvents,
] as const;
export type RunEvent = (typeof runEvents)[number];
export type NotificationEvent = (typeof incidentEvents)[number] | RunEvent;

/** Names what a notification is about. */
export type NotificationSubject = IncidentSubject | RunSubject;

interface CommonSubject {
  id: string;
  workflowId: string;
  service: string;
  environment: string;
  title: string;
  /** When it began to live, RFC 3339. */
  openedAt: string;
}

export interface IncidentSubject extends CommonSubject {
  kind: 'incident';
  severity: Severity;
  /** Whether somebody is needed, somebody is on it, or it is over. */
  standing: 'open' | 'acknowledged' | 'over';
}

export interface RunSubject extends CommonSubject {
  kind: 'run';
  /** What it does, such as `deploy`. */
  does: string;
  /** Whether it needs people, goes on, or how it has ended. */
  standing: 'waiting' | 'underWay' | 'succeeded' | 'failed';
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

/** Says whether one of the channels asks to be told of runs. */
export function tellsOfRuns(channels: readonly ChannelEntry[]): boolean {
  const asked: readonly NotificationEvent[] = channels.flatMap(({ events }) => events ?? []);
  return runEvents.some((event) => asked.includes(event));
}

/** Says whether a channel follows a subject from now on, also if its severity falls later. */
export function isFollowedBy({ severities }: ChannelEntry, { subject }: Pick<Notification, 'subject'>): boolean {
  return subject.kind === 'run' || (subject.standing !== 'over' && severities.includes(subject.severity));
}

/** Says whether a channel that follows a subject is told this of it. */
export function isToldTo(
  channel: ChannelEntry,
  { event, subject: { kind, standing } }: Pick<Notification, 'event' | 'subject'>,
  hasHeard: boolean,
): boolean {
  const events: readonly NotificationEvent[] = channel.events ?? [];
  if (kind === 'run' || channel.kind !== 'pagerDuty') return events.includes(event);
  // One page an incident, and none for what somebody is on already.
  return hasHeard ? event === 'incidentAcknowledged' || standing === 'over' : standing === 'open';
}
