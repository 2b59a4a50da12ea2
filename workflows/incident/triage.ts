import { rankCategories } from '../../contract/incident/ranking.ts';
import { categoryOf } from '../../contract/incident/categories/index.ts';
import { lookName, usualFailuresLook, type Look } from '../../contract/incident/look.ts';
import type { ChecklistItem, IncidentStatus } from '../../contract/incident/status.ts';
import { countOf } from '../../contract/plan.ts';
import { investigating } from '../run/activities.ts';
import { isExpected, messageOf } from '../run/failures.ts';
import { withBrokenChanges } from './broken-changes.ts';
import { lookAtErrorRate } from './error-rate.ts';
import type { Incident } from './incident-run.ts';
import { lookAt } from './look-at.ts';

/** Looks that every incident has (runbook 001, section 3; runbook 004, incident response checklist, step 2). */
const generalLooks: readonly Look[] = [
  { kind: 'alerts' },
  { kind: 'serving' },
  { kind: 'health' },
  { kind: 'routes' },
  { kind: 'database' },
  { kind: 'logs', name: 'errors', word: 'error', by: ['severity'] },
  { kind: 'ids' },
];

/** What fails in a usual time: a category is likely if more of it fails than usual. */
const usualFailures: Look = { kind: 'ids', name: usualFailuresLook };

/** Minutes of log that the runbook looks at. */
const windowMinutes = 15;

/**
 * Gathers the evidence, all of it side by side: a source that does not answer is said and stops no other. Names the
 * suspects, and answers of the checklist what the evidence answers.
 */
export async function triage(incident: Incident): Promise<void> {
  const { record } = incident.run;
  const { status } = record;
  record.enter('triage');
  record.steps.begin('triage');
  const looks = looksOf(status).map((look) => investigate(incident, look));
  const usual = investigate(incident, usualFailures, hourBefore(status.onset));
  await Promise.all([...looks, usual, findSuspects(incident), lookAtErrorRate(incident)]);
  status.likely = status.category === null ? rankCategories(status.evidence) : [];
  status.checklist = checklistOf(status);
  record.steps.end('triage', 'passed', { detail: summaryOf(status) });
}

function looksOf({ category }: IncidentStatus): Look[] {
  const own = category === null ? [] : categoryOf(category).looks;
  const names = new Set(own.map(lookName));
  return [...own, ...generalLooks.filter((look) => !names.has(lookName(look)))];
}

async function investigate(incident: Incident, look: Look, until?: string): Promise<void> {
  const { record } = incident.run;
  const name = lookName(look);
  const how = { seconds: windowMinutes * 60, summary: `look at ${name}`, ...(until !== undefined && { until }) };
  const found = await lookAt(incident, look, how);
  record.status.evidence = [...record.status.evidence.filter((one) => one.name !== name), found];
  record.describe();
}

function hourBefore(at: string): string {
  return new Date(Date.parse(at) - 3_600_000).toISOString();
}

async function findSuspects({ run, entry, rules }: Incident): Promise<void> {
  const { status } = run.record;
  const words = status.category === null ? [] : categoryOf(status.category).words;
  const request = { entry, onset: status.onset, hours: rules.suspectHours, words };
  try {
    const { suspects, unknown } = await investigating('rank the suspects').findSuspects(request);
    status.suspects = withBrokenChanges(suspects, status.brokenChanges);
    for (const line of unknown) run.record.note(`suspects: ${line}`);
  } catch (error) {
    if (!isExpected(error)) throw error;
    run.record.note(`the suspects are not known: ${messageOf(error)}`);
  }
}

/** Answers what the evidence answers; what a person has done or said stays. */
function checklistOf({ category, checklist, evidence }: IncidentStatus): ChecklistItem[] {
  if (category === null) return checklist;
  return categoryOf(category).checklist.map((action) => {
    const earlier = checklist.find(({ name }) => name === action.name);
    if (earlier && earlier.by !== '' && earlier.by !== 'triage') return earlier;
    const { answeredBy } = action;
    if (!('looks' in answeredBy)) return { ...action, state: 'open', by: '', evidence: [] };
    const found = evidence.filter(({ name }) => answeredBy.looks.includes(name));
    const isAnswered = found.length > 0 && found.every(({ verdict }) => verdict !== 'inconclusive');
    return {
      ...action,
      state: isAnswered ? 'done' : 'unknown',
      by: isAnswered ? 'triage' : '',
      evidence: found.map(({ name, reason }) => `${name}: ${reason}`),
    };
  });
}

function summaryOf({ evidence, suspects, category, likely }: IncidentStatus): string {
  const silent = evidence.filter(({ verdict }) => verdict === 'inconclusive').map(({ name }) => name);
  const [first] = suspects;
  return [
    `${countOf(evidence.length, 'look')}${silent.length > 0 ? `, no answer from ${silent.join(', ')}` : ''}`,
    category ?? (likely[0] ? `category not known, most like ${likely[0].category}` : 'category not known'),
    first ? `first suspect: ${first.what}` : 'no suspect',
  ].join('; ');
}
