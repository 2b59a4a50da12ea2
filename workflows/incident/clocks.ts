import { condition, isCancellation } from '@temporalio/workflow';
import { peopleOf } from '../../contract/people.ts';
import { now } from '../run/journal.ts';
import { escalationRoles, type Incident } from './incident-run.ts';

/** Somebody has to acknowledge, and people have to hear of it again and again. */
type ClockName = 'acknowledge' | 'update';

interface Clock {
  what: string;
  /** When it rings, RFC 3339. */
  at: (incident: Incident) => string;
  /** Says whether nobody needs it any more. */
  isOver: (incident: Incident) => boolean;
  ring: (incident: Incident) => void;
}

const clocks: Record<ClockName, Clock> = {
  acknowledge: {
    what: 'somebody has to acknowledge',
    at: acknowledgeAt,
    isOver: ({ run }) => run.record.status.acknowledged !== null,
    ring: callOthers,
  },
  update: { what: 'people have to hear of it', at: updateAt, isOver: () => false, ring: sayOverdue },
};

/** Counts how often people and rings have set the clocks: whoever waits for that needs no look at the time. */
export class ClockCounts {
  private readonly counts = { acknowledge: 0, update: 0 };

  set(...names: ClockName[]): void {
    for (const name of names) this.counts[name] += 1;
  }

  of(name: ClockName): number {
    return this.counts[name];
  }
}

/**
 * Lets the clocks ring as long as the incident lives, whatever it is doing: a mitigation may wait for people for hours.
 * They are timers of the workflow, so no restart loses one. One that rings late rings once, and is set from then.
 *
 * What happens depends on what has come, and never on what time it is. A query may reach a new worker before the task
 * that a timer has made: it then runs what follows the timer at an earlier time than a replay does.
 */
export async function keepClocks(incident: Incident): Promise<void> {
  await Promise.all([keep('acknowledge', incident), keep('update', incident)]);
}

/** Says when the next clock rings, RFC 3339. */
export function nextRing(incident: Incident): string {
  const needed = Object.values(clocks).filter(({ isOver }) => !isOver(incident));
  return needed.map(({ at }) => at(incident)).sort()[0] ?? '';
}

async function keep(name: ClockName, incident: Incident): Promise<void> {
  const { clockCounts, run } = incident;
  const { status } = run.record;
  const { what, at, isOver, ring } = clocks[name];
  const isDone = () => status.outcome !== null || isOver(incident);
  // A severity that an alert has raised has another distance.
  const setting = () => `${clockCounts.of(name)} ${status.severity}`;
  try {
    while (!isDone()) {
      const set = setting();
      const wait = Math.max(1, Date.parse(at(incident)) - Date.now());
      if (await condition(() => isDone() || setting() !== set, wait, { summary: what })) continue;
      ring(incident);
      clockCounts.set(name);
      run.record.describe();
    }
  } catch (error) {
    if (!isCancellation(error)) throw error;
  }
}

function callOthers(incident: Incident): void {
  const { entry, rules, run } = incident;
  const { status } = run.record;
  Object.assign(status, { escalations: status.escalations + 1, escalatedAt: now() });
  const roles = escalationRoles({ entry, rules });
  const what = `nobody has acknowledged in time: called are ${peopleOf(entry.owners, roles).join(', ')}`;
  run.record.note(what);
  incident.notifier.tell(incident, 'escalated', what);
}

function sayOverdue({ rules, run: { record } }: Incident): void {
  record.note('people have not heard of it for too long: tell them (./slipway incident communicate)');
  record.status.updateDue = after(Date.now(), rules.updateEveryMinutes[record.status.severity]);
}

function acknowledgeAt({ rules, run, openedAt }: Incident): string {
  const { severity, classifiedAt, escalatedAt } = run.record.status;
  return after(Date.parse(escalatedAt ?? classifiedAt ?? openedAt), rules.acknowledgeWithinMinutes[severity]);
}

function updateAt({ rules, run, openedAt }: Incident): string {
  const { severity, updateDue, updates, classifiedAt } = run.record.status;
  const times = [openedAt, classifiedAt ?? openedAt, updates.at(-1)?.at ?? openedAt].map((at) => Date.parse(at));
  return updateDue ?? after(Math.max(...times), rules.updateEveryMinutes[severity]);
}

function after(from: number, minutes: number): string {
  return new Date(from + minutes * 60_000).toISOString();
}
