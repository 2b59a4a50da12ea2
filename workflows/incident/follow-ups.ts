import type { FollowUpPayload } from '../../contract/messages.ts';
import { utcMoment } from '../../contract/utc-moment.ts';
import { now } from '../run/journal.ts';
import { refusal } from '../run/messages.ts';
import type { Incident } from './incident-run.ts';

/** The most that an incident keeps. */
const maxFollowUps = 50;

/** Keeps what has to be done after the incident, or notes that one is done (runbook 004, checklist, step 5). */
export function followUp({ run: { record } }: Pick<Incident, 'run'>, payload: FollowUpPayload): string {
  const { followUps } = record.status;
  const { by, done } = payload;
  if (done !== undefined) {
    const found = followUps.find(({ number }) => number === done);
    if (!found) throw refusal(`there is no follow-up ${done}; there are ${followUps.length}`);
    found.state = 'done';
    return `follow-up ${done} is done, says ${by}: ${found.text}`;
  }
  if (followUps.length >= maxFollowUps) throw refusal(`an incident keeps ${maxFollowUps} follow-ups: join some`);
  const { text = '', owner = '', dueAt = '' } = payload;
  if (endOf(dueAt) < Date.now()) throw refusal(`dueAt: ${utcMoment(dueAt)} is over`);
  const number = followUps.length + 1;
  followUps.push({ number, text, owner, dueAt, by, at: now(), state: 'open' });
  return `follow-up ${number} by ${by}: ${text}; ${owner} does it until ${utcMoment(dueAt)}`;
}

/** A day that is named ends when it ends nowhere any more: twelve hours after its end in UTC. */
function endOf(dueAt: string): number {
  return dueAt.includes('T') ? Date.parse(dueAt) : Date.parse(dueAt) + 36 * 3_600_000;
}
