import { peopleOf } from '../../contract/people.ts';
import type { Incident } from './incident-run.ts';

/** A time at which people have to have done something. */
export interface Clock {
  kind: 'acknowledge' | 'update';
  what: string;
  /** RFC 3339. */
  at: string;
}

/**
 * Answers the clock that rings next: nobody has acknowledged, or people have not heard for too long. A change of the
 * severity restarts both. They are timers of the workflow, so no restart loses one.
 */
export function nextClock(incident: Incident): Clock {
  const update = updateClock(incident);
  if (incident.run.record.status.acknowledged) return update;
  const acknowledge = acknowledgeClock(incident);
  return Date.parse(acknowledge.at) <= Date.parse(update.at) ? acknowledge : update;
}

/** Says that a clock has rung, and sets it again. */
export function ring(incident: Incident, { kind }: Clock): void {
  const { entry, rules, run } = incident;
  const { record } = run;
  if (kind === 'update') {
    record.note('people have not heard of it for too long: ./slipway incident communicate');
    record.status.updateDue = after(Date.now(), rules.updateEveryMinutes[record.status.severity]);
    return;
  }
  record.status.escalations += 1;
  const roles = rules.escalateTo ?? Object.keys(entry.owners);
  const what = `nobody has acknowledged in time: called are ${peopleOf(entry.owners, roles).join(', ')}`;
  record.note(what);
  incident.notifier.tell(incident, 'escalated', what);
}

function acknowledgeClock({ rules, run, openedAt }: Incident): Clock {
  const { severity, classifiedAt, escalations } = run.record.status;
  const from = Date.parse(classifiedAt ?? openedAt);
  const at = after(from, rules.acknowledgeWithinMinutes[severity] * (escalations + 1));
  return { kind: 'acknowledge', what: 'somebody has to acknowledge', at };
}

function updateClock({ rules, run, openedAt }: Incident): Clock {
  const { severity, updateDue, updates, classifiedAt } = run.record.status;
  const last = updates.at(-1)?.at ?? classifiedAt ?? openedAt;
  const at = updateDue ?? after(Date.parse(last), rules.updateEveryMinutes[severity]);
  return { kind: 'update', what: 'people have to hear of it', at };
}

function after(from: number, minutes: number): string {
  return new Date(from + minutes * 60_000).toISOString();
}
