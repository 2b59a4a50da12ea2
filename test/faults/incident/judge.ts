import type { IncidentResult, IncidentStatus } from '../../../contract/incident/status.ts';
import type { NotificationEvent } from '../../../contract/notification.ts';
import type { TimelineEntry } from '../../../contract/status.ts';
import type { Told } from './outside.ts';

/** Time in which no worker lived, or no server. */
export interface Outage {
  from: string;
  to: string;
}

/** What is left of an incident that came to its end. */
export interface IncidentRecord {
  status: IncidentStatus;
  timeline: readonly TimelineEntry[];
  result: IncidentResult;
  /** Workflow ids of the children that its history says it has started. */
  children: readonly string[];
  /** Timeline of its environment, and whether that is frozen afterwards. */
  place: { timeline: readonly TimelineEntry[]; isFrozen: boolean };
  /** Keys of the messages in Slack, in their order, by thread. */
  slack: readonly { thread: string; key: string }[];
  /** What reached the webhook and PagerDuty, repeats too. */
  posted: readonly Told[];
  paged: readonly { action: string; key: string }[];
  outages: readonly Outage[];
}

/** What was asked of the incident. */
export interface Expected {
  /** Names of the looks that an undisturbed one has. */
  looks: readonly string[];
  acknowledgeWithinMs: number;
  updateEveryMs: number;
  /** Messages of the receiver; that with which it opens the incident counts once. */
  told: number;
}

/** Lateness of a clock while a worker lives. */
const promptMs = 3_000;
/** The longest until a new worker goes on with a run: the server waits 10 s for the task that the dead one had. */
const recoveryMs = 15_000;

const turns: NotificationEvent[] = [
  'incidentOpened',
  'escalated',
  'incidentAcknowledged',
  'communicated',
  'mitigationStarted',
  'mitigationEnded',
  'resolved',
];

/** Lines that the timeline of every life has once. */
const onceInTimeline = [
  /^alert \S+ fires since /,
  /^alert \S+ has ended/,
  /^acknowledged by /,
  /^told by /,
  /^rollback asked for by /,
  /^phase mitigating$/,
  /^phase verifying$/,
  /^phase done$/,
  /^resolved by /,
];

/** Judges an incident by what it left behind, and by what others have got. Answers the violations. */
export function violationsOf(record: IncidentRecord, expected: Expected): string[] {
  return [
    ...evidence(record, expected),
    ...slack(record),
    ...webhook(record),
    ...pages(record),
    ...clocks(record, expected),
    ...timeline(record),
    ...mitigation(record),
    ...freeze(record),
    ...alerts(record, expected),
    ...end(record),
  ];
}

function evidence({ status }: IncidentRecord, { looks }: Expected): string[] {
  return looks.flatMap((name) => {
    const found = status.evidence.filter((one) => one.name === name);
    if (found.length !== 1) return [`evidence: ${name} is there ${found.length} times`];
    const [{ verdict, reason } = { verdict: 'inconclusive', reason: '' }] = found;
    const isSilent = verdict === 'inconclusive' && /^(nobody could look|no answer)/.test(reason);
    return isSilent ? [`evidence: ${name} is missing: ${reason}`] : [];
  });
}

function slack({ slack: messages, posted }: IncidentRecord): string[] {
  const keys = messages.map(({ key }) => key);
  const threads = new Set(messages.map(({ thread }) => thread));
  return [
    ...(threads.size === 1 ? [] : [`Slack: ${threads.size} threads`]),
    ...repeated(keys).map((key) => `Slack: ${key} was told twice`),
    ...difference(distinct(posted), keys).map((key) => `Slack: ${key} was not told`),
    ...(isInOrder(keys) ? [] : [`Slack: told out of order: ${keys.join(', ')}`]),
  ];
}

/** A repeat carries the key of the first, so the receiver drops it; a gap in the numbers would be a lost one. */
function webhook({ posted }: IncidentRecord): string[] {
  const keys = distinct(posted);
  const events = new Set(posted.map(({ event }) => event));
  const gaps = keys.flatMap((key, index) =>
    numberOf(key) === index + 1 ? [] : [`webhook: in place ${index + 1} is ${key}`],
  );
  return [...gaps.slice(0, 1), ...turns.filter((turn) => !events.has(turn)).map((turn) => `webhook: no ${turn}`)];
}

/** PagerDuty joins a repeat to the open alert by its key; after the end the same key would open another. */
function pages({ paged }: IncidentRecord): string[] {
  const keys = new Set(paged.map(({ key }) => key));
  const actions = paged.map(({ action }) => action).filter((action, index, all) => action !== all[index - 1]);
  return [
    ...(keys.size === 1 ? [] : [`PagerDuty: ${keys.size} keys`]),
    ...(actions.join(', ') === 'trigger, acknowledge, resolve' ? [] : [`PagerDuty: ${actions.join(', ')}`]),
  ];
}

function clocks(record: IncidentRecord, { acknowledgeWithinMs, updateEveryMs }: Expected): string[] {
  const { acknowledged, updates } = record.status;
  const opened = Date.parse(record.result.openedAt);
  const called = timesOf(record, /^nobody has acknowledged in time/);
  const overdue = timesOf(record, /^people have not heard of it for too long/);
  const answered = Date.parse(acknowledged?.at ?? record.result.resolvedAt);
  const words = updates.map(({ at }) => Date.parse(at));
  return [
    ...rings('acknowledgement', record, {
      from: opened,
      until: answered,
      everyMs: acknowledgeWithinMs,
      called,
      set: [],
    }),
    ...rings('communication', record, {
      from: opened,
      until: Date.parse(record.result.resolvedAt),
      everyMs: updateEveryMs,
      called: overdue,
      set: words,
    }),
  ];
}

interface Ringing {
  from: number;
  until: number;
  everyMs: number;
  /** When it rang. */
  called: readonly number[];
  /** When people set it again. */
  set: readonly number[];
}

/** Goes along a clock: it rings at its distance after it was set, not before and not too late, and is set by that. */
function rings(name: string, record: IncidentRecord, { from, until, everyMs, called, set }: Ringing): string[] {
  const wrong: string[] = [];
  let setAt = from;
  const events = [...called.map((at) => ({ at, rings: true })), ...set.map((at) => ({ at, rings: false }))];
  for (const event of [...events.sort((a, b) => a.at - b.at), { at: until, rings: false }]) {
    const due = setAt + everyMs;
    const latest = Math.max(latestRing(due, record.outages), triagedAt(record) + promptMs);
    const late = Math.round((event.at - due) / 1000);
    if (event.at > latest) wrong.push(`clock: ${name} was due and did not ring for ${late} s`);
    if (event.rings && event.at < due) wrong.push(`clock: ${name} rang ${-late} s too early`);
    setAt = event.at;
  }
  if (called.length === 0) wrong.push(`clock: ${name} never rang`);
  return wrong;
}

/** Nobody is called before triage knows what to tell them. */
function triagedAt({ status }: IncidentRecord): number {
  return Date.parse(status.steps.find(({ name }) => name === 'triage')?.endedAt ?? '');
}

/** A clock that is due while nobody works rings when somebody works again. */
function latestRing(due: number, outages: readonly Outage[]): number {
  let latest = due + promptMs;
  for (const { from, to } of outages)
    if (Date.parse(from) <= latest && Date.parse(to) + recoveryMs > latest) latest = Date.parse(to) + recoveryMs;
  return latest;
}

function timeline(record: IncidentRecord): string[] {
  const counts = onceInTimeline.map((line) => [String(line), timesOf(record, line).length, 1] as const);
  const told = distinct(record.posted).length;
  const channels = [
    ['told oncall (Slack)', timesOf(record, /^told oncall \(Slack\): /).length, told],
    ['told hook (webhook)', timesOf(record, /^told hook \(webhook\): /).length, told],
    ['told pager (PagerDuty)', timesOf(record, /^told pager \(PagerDuty\): /).length, 3],
  ] as const;
  const untold = record.timeline.filter(({ what }) => /could not be told: |was not told/.test(what));
  const steps = ['triage', 'mitigation-1', 'verify'].filter(
    (name) => record.status.steps.find((step) => step.name === name)?.state !== 'passed',
  );
  return [
    ...[...counts, ...channels].flatMap(([what, count, wanted]) =>
      count === wanted ? [] : [`timeline: ${what} ${count} times, not ${wanted}`],
    ),
    ...untold.map(({ at, what }) => `timeline: at ${at} ${what}`),
    ...steps.map((name) => `timeline: the step ${name} has not passed`),
  ];
}

function mitigation({ children, status: { mitigations } }: IncidentRecord): string[] {
  const [first] = mitigations;
  return [
    ...(mitigations.length === 1 && children.length === 1 ? [] : [`mitigation: ${children.length} children`]),
    ...(children[0] === first?.workflowId ? [] : [`mitigation: ${children[0]} is not ${first?.workflowId}`]),
    ...(first?.succeeded ? [] : [`mitigation: ${first?.outcome ?? 'none'}`]),
  ];
}

function freeze({ place, result, outages }: IncidentRecord): string[] {
  const begun = place.timeline.filter(({ what }) => /^frozen by incident\//.test(what));
  const ended = place.timeline.filter(({ what }) => /^incident\/\S+ freezes it no more/.test(what));
  const late = Date.parse(begun[0]?.at ?? '') - latestRing(Date.parse(result.openedAt), outages);
  return [
    ...(begun.length === 1 ? [] : [`freeze: it began ${begun.length} times`]),
    ...(ended.length === 1 ? [] : [`freeze: it ended ${ended.length} times`]),
    ...(late > 0 ? [`freeze: it began ${late} ms too late`] : []),
    ...(ended.some(({ at }) => at < result.resolvedAt) ? ['freeze: it ended before the incident'] : []),
    ...(place.isFrozen ? ['freeze: it is still there'] : []),
  ];
}

function alerts({ status }: IncidentRecord, { told }: Expected): string[] {
  const [first, ...more] = status.alerts;
  return [
    ...(first && more.length === 0 ? [] : [`alerts: ${status.alerts.length} episodes`]),
    ...(first?.told === told ? [] : [`alerts: told ${first?.told ?? 0} times, not ${told}`]),
    ...(first?.confirmed === 'yes' ? [] : ['alerts: Alertmanager has not borne it out']),
    ...(first?.status === 'resolved' ? [] : ['alerts: its end was not heard']),
  ];
}

function end({ result, status }: IncidentRecord): string[] {
  return [
    ...(/the symptom is gone$/.test(result.outcome) && status.outcome === result.outcome
      ? []
      : [`end: ${result.outcome}`]),
    ...(result.mitigatedAt === null ? ['end: nothing was mitigated'] : []),
    ...status.refused.last.map(({ message, reason }) => `end: ${message} was refused: ${reason}`),
  ];
}

function timesOf({ timeline: lines }: IncidentRecord, what: RegExp): number[] {
  return lines.filter((line) => what.test(line.what)).map(({ at }) => Date.parse(at));
}

function distinct(told: readonly Told[]): string[] {
  return [...new Set(told.map(({ key }) => key))];
}

function repeated(keys: readonly string[]): string[] {
  return [...new Set(keys.filter((key, index) => keys.indexOf(key) !== index))];
}

function difference(all: readonly string[], some: readonly string[]): string[] {
  return all.filter((key) => !some.includes(key));
}

/** The place of a notification among all of its incident: `<incident>-<number>-<event>`. */
function numberOf(key: string): number {
  return Number(/-(\d+)-[a-zA-Z]+$/.exec(key)?.[1]);
}

function isInOrder(keys: readonly string[]): boolean {
  return keys.map(numberOf).every((number, index, all) => index === 0 || number >= (all[index - 1] ?? 0));
}
