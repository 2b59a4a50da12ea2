import { CancellationScope, condition } from '@temporalio/workflow';
import type { z } from 'zod';
import type { IncidentStatus } from '../../contract/incident/status.ts';
import {
  acknowledgePayload,
  alertsPayload,
  classifyPayload,
  communicatePayload,
  followUpPayload,
  messageNames,
  mitigatePayload,
  notePayload,
  resolvePayload,
  type ClassifyPayload,
  type CommunicatePayload,
  type MitigatePayload,
  type NotePayload,
} from '../../contract/messages.ts';
import { samePerson } from '../../contract/people.ts';
import type { Proof } from '../../contract/proof.ts';
import { refusal } from '../run/messages.ts';
import { now } from '../run/journal.ts';
import type { Run } from '../run/run.ts';
import { hearAlerts } from './alerts.ts';
import { followUp } from './follow-ups.ts';
import { respondersOf, type Incident } from './incident-run.ts';
import { completeMitigation } from './mitigation-request.ts';
import { proveResponder } from './prove-responder.ts';

type Handler<Payload> = (incident: Incident, payload: Payload, proof: Proof | null) => string;

/** Registers what people and the alerts' receiver send. `opened` is null until the input was looked at. */
export function listenToResponders(run: Run<IncidentStatus>, opened: () => Incident | null): void {
  const hear = (): Incident => {
    const incident = opened();
    if (!incident) throw refusal('the incident is just starting: send the message again in a moment');
    if (run.record.status.outcome !== null) throw refusal('the incident is over: open another one');
    return incident;
  };
  const onPeople = <Payload extends { by: string }>(
    name: string,
    schema: z.ZodType<Payload>,
    description: string,
    handler: Handler<Payload>,
  ) =>
    run.on({ name, schema, description }, (payload) => {
      const incident = hear();
      const requireRole = () => requireResponder(incident, payload.by);
      requireRole();
      // Without a wait where nothing is proven: what an incident does meanwhile keeps its order.
      const proving = proveResponder(incident, name, payload, { requireOpen: hear, requireRole });
      return proving === null
        ? heed(incident, payload, handler)
        : proving.then((proof) => heed(incident, payload, handler, proof));
    });
  onPeople(
    messageNames.acknowledge,
    acknowledgePayload,
    'Say that you are on it: {"by": "you@example.com"}',
    acknowledge,
  );
  onPeople(
    messageNames.classify,
    classifyPayload,
    'Say how grave it is, or of which category: {"by": "you@example.com", "severity": "SEV-1"}',
    classify,
  );
  onPeople(
    messageNames.note,
    notePayload,
    'Write into the timeline, or answer an item of the checklist: {"by": "you@example.com", "text": "…", "item": "…"}',
    note,
  );
  onPeople(
    messageNames.mitigate,
    mitigatePayload,
    'Do what is proposed, or something else: {"by": "you@example.com", "action": "rollback"}',
    mitigate,
  );
  onPeople(
    messageNames.communicate,
    communicatePayload,
    'Say status and estimate to those who wait: {"by": "you@example.com", "text": "…"}',
    communicate,
  );
  onPeople(
    messageNames.followUp,
    followUpPayload,
    'Say what has to be done after it: {"by": "you@example.com", "text": "…", "owner": "…", "dueAt": "2026-03-08"}',
    followUp,
  );
  onPeople(
    messageNames.resolve,
    resolvePayload,
    'Say that it is over; the symptom is looked at first: {"by": "you@example.com"}',
    (incident, payload) => {
      if (incident.inbox.holds('resolve')) throw refusal('it is being looked at already');
      incident.inbox.put({ kind: 'resolve', payload });
      return `${payload.by} says that it is over; the symptom is looked at`;
    },
  );
  run.on(
    {
      name: messageNames.alerts,
      schema: alertsPayload,
      description: 'Sent by ./slipway alerts; Alertmanager is asked before it is believed',
    },
    async ({ episodes }) =>
      // They are heard at the end, too, also of a cancelled run: the receiver has answered that they are stored.
      CancellationScope.nonCancellable(async () => {
        // They come with the start: the receiver opens an incident and tells it of its alerts in one call.
        await condition(() => opened() !== null || run.record.status.outcome !== null);
        return hearAlerts(opened() ?? hear(), episodes);
      }),
  );
}

/** Does what a responder says; answers it, with the key by which they have proven who they are. */
function heed<Payload extends { by: string }>(
  incident: Incident,
  payload: Payload,
  handler: Handler<Payload>,
  proof: Proof | null = null,
): string {
  const answered = handler(incident, payload, proof);
  const answer = proof ? `${answered}, signed with ${proof.key}` : answered;
  // Who does something about it is on it.
  takeOn(incident, payload.by, `${payload.by} is on it`);
  incident.notifier.tellChange(incident);
  return answer;
}

function requireResponder(incident: Incident, by: string): void {
  const people = respondersOf(incident);
  if (!people.some((person) => samePerson(person, by)))
    throw refusal(`${by} does not respond to incidents here; those who do: ${people.join(', ')}`);
}

function acknowledge(incident: Incident, { by, note: said }: { by: string; note?: string | undefined }): string {
  const { acknowledged } = incident.run.record.status;
  if (acknowledged) return `acknowledged already by ${acknowledged.by}`;
  return takeOn(incident, by, `acknowledged by ${by}${said ? `: ${said}` : ''}`);
}

function takeOn(incident: Incident, by: string, what: string): string {
  const { status } = incident.run.record;
  if (status.acknowledged) return what;
  status.acknowledged = { by, at: now() };
  incident.notifier.tell(incident, 'incidentAcknowledged', what);
  return what;
}

function classify(
  { run: { record }, clockCounts, inbox }: Incident,
  { by, severity, category, note: said }: ClassifyPayload,
): string {
  const { status } = record;
  const changes = [];
  if (severity !== undefined) {
    changes.push(`${status.severity} becomes ${severity}`);
    Object.assign(status, { severity, classifiedAt: now(), escalations: 0, escalatedAt: null, updateDue: null });
    clockCounts.set('acknowledge', 'update');
  }
  if (category !== undefined) {
    status.category = category === 'unknown' ? null : category;
    changes.push(`category ${category}`);
    inbox.put({ kind: 'look', why: `the category is ${category} by ${by}` });
  }
  return `classified by ${by}: ${changes.join(', ')}${said ? `: ${said}` : ''}`;
}

function note({ run: { record } }: Incident, { by, text, item }: NotePayload): string {
  if (item === undefined) return `${by}: ${text}`;
  const found = record.status.checklist.find(({ name }) => name === item);
  if (!found) {
    const names = record.status.checklist.map(({ name }) => name).join(', ');
    throw refusal(`the checklist has no item ${item}; it has: ${names || 'none yet'}`);
  }
  Object.assign(found, { state: 'done', by, evidence: [...found.evidence, text] });
  return `${item}: done by ${by}: ${text}`;
}

function mitigate(incident: Incident, payload: MitigatePayload, proof: Proof | null): string {
  const {
    run: { record },
    inbox,
  } = incident;
  const running = record.status.mitigations.find(({ endedAt }) => endedAt === null);
  if (running) throw refusal(`a ${running.name} by ${running.by} is under way: ${running.workflowId}`);
  if (inbox.holds('mitigate')) throw refusal('a mitigation is about to start already');
  const mitigation = completeMitigation(incident, payload);
  inbox.put({ kind: 'mitigate', payload: { ...mitigation, ...(proof && { signedWith: proof.key }) } });
  return `${mitigation.action} asked for by ${payload.by}`;
}

function communicate(incident: Incident, { by, text, nextInMinutes }: CommunicatePayload): string {
  const { status } = incident.run.record;
  status.updates = [...status.updates, { at: now(), by, text }].slice(-50);
  status.updateDue = nextInMinutes === undefined ? null : new Date(Date.now() + nextInMinutes * 60_000).toISOString();
  incident.clockCounts.set('update');
  incident.notifier.tell(incident, 'communicated', `${text} (${by})`);
  return `told by ${by}: ${text}`;
}
