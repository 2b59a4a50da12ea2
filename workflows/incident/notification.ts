import { workflowInfo } from '@temporalio/workflow';
import { cutLine } from '../../contract/cut-line.ts';
import type { IncidentStatus } from '../../contract/incident/status.ts';
import { categoryTitle } from '../../contract/incident/text.ts';
import {
  notificationKey,
  type Notification,
  type NotificationEvent,
  type NotificationFact,
} from '../../contract/notification.ts';
import { askedRoles } from '../../contract/people.ts';
import { countOf } from '../../contract/plan.ts';
import { utcMoment } from '../../contract/utc-moment.ts';
import { slipwayCommand } from '../run/commands.ts';
import { now } from '../run/journal.ts';
import { escalationRoles, responderRoles, type Incident } from './incident-run.ts';

const maxTextLength = 500;
const maxAlerts = 5;

/** Writes what people are told of an incident: what happened, and how it stands now. */
export function notificationOf(
  { run, openedAt, entry, rules }: Pick<Incident, 'run' | 'openedAt' | 'entry' | 'rules'>,
  { event, number, what }: { event: NotificationEvent; number: number; what: string },
): Notification {
  const { status } = run.record;
  const { acknowledged, environment, service, severity, title } = status;
  const { workflowId } = workflowInfo();
  const standing = event === 'resolved' ? 'over' : acknowledged ? 'acknowledged' : 'open';
  return {
    key: notificationKey(run.id, number, event),
    event,
    at: now(),
    subject: { kind: 'incident', id: run.id, workflowId, service, environment, title, severity, openedAt, standing },
    what: cut(what),
    caution: cautionOf(status),
    facts: factsOf(status).map(({ name, text }) => ({ name, text: cut(text) })),
    command: slipwayCommand('incident show', {}, workflowId),
    asked: askedRoles(
      entry.owners,
      event === 'escalated' ? escalationRoles({ entry, rules }) : responderRoles({ entry, rules }),
    ),
  };
}

/** Warns of an incident that only a stranger's message stands for. */
function cautionOf({ acknowledged, alerts, openedBy }: IncidentStatus): string | null {
  const isUnconfirmed = alerts.length > 0 && alerts.every(({ confirmed }) => confirmed === 'unknown');
  return isUnconfirmed && openedBy === 'alertmanager' && acknowledged === null
    ? 'Alertmanager could not be asked whether this fires'
    : null;
}

function factsOf(status: IncidentStatus): NotificationFact[] {
  const { acknowledged, category, onset, proposal, updateDue, updates } = status;
  const update = updates.at(-1);
  const due = updateDue === null ? '' : `; next word by ${utcMoment(updateDue)}`;
  return [
    { name: 'since', text: utcMoment(onset) },
    { name: 'on it', text: acknowledged ? `${acknowledged.by} since ${utcMoment(acknowledged.at)}` : 'nobody yet' },
    { name: 'category', text: category === null ? 'not known' : categoryTitle(category) },
    ...alertFacts(status),
    ...suspectFacts(status),
    ...mitigationFacts(status),
    ...(update ? [{ name: 'status', text: `${update.text} (${update.by}, ${utcMoment(update.at)}${due})` }] : []),
    ...(proposal && status.outcome === null ? [{ name: 'next', text: proposal.what }] : []),
  ];
}

function alertFacts({ alerts, flapped }: IncidentStatus): NotificationFact[] {
  if (alerts.length === 0) return [];
  const firing = alerts.filter(({ status }) => status === 'firing');
  const names = [...new Set(firing.map(({ name }) => name))].slice(0, maxAlerts).join(', ');
  const again = flapped > 0 ? `; came back ${countOf(flapped, 'time')}` : '';
  return [{ name: 'alerts', text: `${firing.length} firing${names ? `: ${names}` : ''}${again}` }];
}

function suspectFacts({ suspects: [first] }: IncidentStatus): NotificationFact[] {
  return first ? [{ name: 'suspect', text: `${first.what} (${first.reasons.join('; ')})` }] : [];
}

function mitigationFacts({ mitigations }: IncidentStatus): NotificationFact[] {
  const last = mitigations.at(-1);
  return last ? [{ name: 'mitigation', text: `${last.name} by ${last.by}: ${last.outcome ?? 'under way'}` }] : [];
}

function cut(text: string): string {
  return cutLine(text, maxTextLength);
}
