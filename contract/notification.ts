import type { ChannelEntry, ChannelOf } from './catalog/notifications.ts';
import type { Severity } from './incident/severity.ts';
import { askedPeople, type AskedRole } from './people.ts';

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
/** Names what people are told of an environment as such, whoever changes it. */
export const environmentEvents = ['freezeStarted', 'freezeEnded', 'driftFound', 'driftGone'] as const;
export type EnvironmentEvent = (typeof environmentEvents)[number];
/** Everything that a channel may ask for. */
export const everyEvent = [...incidentEvents, ...runEvents, ...environmentEvents] as const;
/** Names what is told; `test` is a person's try of a channel, and no channel asks for it. */
export type NotificationEvent = (typeof everyEvent)[number] | 'test';

/** Events by which certain people are asked, or are told that they are not asked any more. */
const askingEvents: readonly NotificationEvent[] = [
  'approvalNeeded',
  'approvalAnswered',
  'decisionNeeded',
  'decisionTaken',
];

/** Names what a notification is about. */
export type NotificationSubject = IncidentSubject | RunSubject | EnvironmentSubject;

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

export interface EnvironmentSubject extends CommonSubject {
  kind: 'environment';
  matter: 'freeze' | 'drift' | 'wait' | 'test';
  /** Whether it is frozen, has drifted, waits for an operator, is only tried, or whether that is over. */
  standing: 'frozen' | 'drifted' | 'waiting' | 'tried' | 'over';
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
  /** Answers it in a shell, or shows all of it where there is nothing to answer. */
  command: string;
  /** The roles that it concerns; a run of an earlier version names none. */
  asked?: AskedRole[];
}

export interface NotificationFact {
  name: string;
  text: string;
}

/** Names a notification by its subject and its place in the order of what was told of that. */
export function notificationKey(subject: string, number: number, event: NotificationEvent): string {
  return `${subject}-${number}-${event}`;
}

/** Names in one word what a notification is about. */
export function nounOf(subject: NotificationSubject): string {
  if (subject.kind === 'incident') return 'incident';
  return subject.kind === 'run' ? subject.does : subject.matter;
}

/** Says whether one of the channels asks to be told of runs. */
export function tellsOfRuns(channels: readonly ChannelEntry[]): boolean {
  const asked: readonly NotificationEvent[] = channels.flatMap(({ events }) => events ?? []);
  return runEvents.some((event) => asked.includes(event));
}

/** Says whether a channel follows a subject from now on, also if its severity falls later. */
export function isFollowedBy({ severities }: ChannelEntry, { subject }: Pick<Notification, 'subject'>): boolean {
  return subject.kind !== 'incident' || (subject.standing !== 'over' && severities.includes(subject.severity));
}

/** Says whether a channel that follows a subject is told this of it. */
export function isToldTo(
  channel: ChannelEntry,
  notification: Pick<Notification, 'asked' | 'event' | 'subject'>,
  hasHeard: boolean,
): boolean {
  const { event, subject } = notification;
  const events: readonly NotificationEvent[] = channel.events ?? [];
  // One page an incident, and none for what somebody is on already.
  if (channel.kind === 'pagerDuty' && subject.kind === 'incident')
    return hasHeard ? event === 'incidentAcknowledged' || subject.standing === 'over' : subject.standing === 'open';
  return events.includes(event) && concerns(channel, notification);
}

/** Says whether a channel is for the people whom a notification concerns. */
function concerns(channel: ChannelEntry, notification: Pick<Notification, 'asked' | 'event'>): boolean {
  const isChosen = channel.kind !== 'pagerDuty' && channel.roles !== undefined;
  if (isChosen && askingEvents.includes(notification.event) && rolesFor(channel, notification).length === 0)
    return false;
  return channel.kind !== 'email' || recipientsOf(channel, notification).length > 0;
}

/** Lists the roles that a notification concerns, of those that a channel is for. */
function rolesFor(channel: ChannelEntry, { asked = [] }: Pick<Notification, 'asked'>): AskedRole[] {
  const roles = channel.kind === 'pagerDuty' ? undefined : channel.roles;
  return asked.filter(({ role }) => roles === undefined || roles.includes(role));
}

/** Lists the addresses that an e-mail goes to, each once: fixed ones, and the people of the roles it concerns. */
export function recipientsOf(channel: ChannelOf<'email'>, notification: Pick<Notification, 'asked'>): string[] {
  const to = channel.to === 'roles' ? (['roles'] as const) : channel.to;
  const addresses = to.flatMap((one) => (one === 'roles' ? askedPeople(rolesFor(channel, notification)) : [one]));
  return [...new Set(addresses.map((address) => address.toLowerCase()))].filter((address) => address.includes('@'));
}
