import { categoryOf } from '../../contract/incident/categories/index.ts';
import { categoryWithRunbook } from '../../contract/incident/text.ts';
import type { Evidence } from '../../contract/incident/look.ts';
import type { ChecklistItem, IncidentStatus } from '../../contract/incident/status.ts';
import { countOf } from '../../contract/plan.ts';
import { utcMoment } from '../../contract/utc-moment.ts';
import type { TimelineEntry } from '../../contract/status.ts';
import { code, foreign, list, recent, shortened, verdictMarks, waiting } from '../run/details.ts';

const maxAlerts = 8;
const maxSuspects = 3;
const maxLines = 4;

/**
 * The incident as Markdown for the Temporal UI (tab User Metadata), in the order in which a woken person asks: what is
 * broken and since when, who is on it, what to do next, what changed, what was seen. Strangers write only text.
 */
export function describeIncident(status: IncidentStatus, timeline: readonly TimelineEntry[]): string {
  const sections = [
    `## ${status.severity} ${foreign(status.title) || '…'}`,
    facts(status),
    status.outcome ? `**${foreign(status.outcome)}**` : '',
    waiting(status.waitingFor),
    alerts(status),
    suspects(status),
    checklist(status.checklist),
    evidence(status.evidence),
    mitigations(status),
    followUps(status),
    recent(timeline),
  ];
  return [...sections.filter((section) => section !== ''), '—'].join('\n\n').slice(0, 18_000);
}

function facts(status: IncidentStatus): string {
  const { service, environment, onset, openedBy, acknowledged, category, likely, incident, flapped, furtherAlerts } =
    status;
  return list([
    `${foreign(service) || '…'} in ${foreign(environment) || '…'}, since ${onset ? utcMoment(onset) : '…'}`,
    acknowledged
      ? `${foreign(acknowledged.by)} is on it since ${utcMoment(acknowledged.at)}`
      : '**nobody is on it yet**',
    ...changed(status),
    category === null ? `category not known${likelyText(likely)}` : `category ${categoryWithRunbook(category)}`,
    `incident ${code(incident)}, opened by ${foreign(openedBy)}`,
    ...(furtherAlerts > 0 ? [`${countOf(furtherAlerts, 'further alert')}, not shown`] : []),
    ...(flapped > 0 ? [`its alerts came back ${countOf(flapped, 'time')}`] : []),
  ]);
}

/** The first suspect stands near the top: it is what a person would take back. */
function changed({ suspects: [first] }: IncidentStatus): string[] {
  return first ? [`changed before: ${foreign(first.what)}, ${utcMoment(first.at)}`] : [];
}

function followUps({ followUps: all }: IncidentStatus): string {
  if (all.length === 0) return '';
  const lines = all.map(
    ({ number, text, owner, dueAt, state }) =>
      `${number} (${state}): ${foreign(text)}; ${foreign(owner)} until ${utcMoment(dueAt)}`,
  );
  return ['### Follow-ups', list(lines)].join('\n\n');
}

function likelyText(likely: IncidentStatus['likely']): string {
  const [first] = likely;
  return first ? `; most like ${categoryOf(first.category).title}: ${foreign(first.reason)}` : '';
}

function alerts({ alerts: all }: IncidentStatus): string {
  if (all.length === 0) return '';
  const lines = all.slice(-maxAlerts).map(({ name, status, startsAt, summary, confirmed, told }) => {
    const doubt = confirmed === 'yes' ? '' : ', not borne out by Alertmanager';
    const times = `since ${utcMoment(startsAt)}, told ${countOf(told, 'time')}`;
    return `${foreign(name)}: ${status} ${times}${doubt}; ${foreign(summary)}`;
  });
  return [`### Alerts: ${all.filter(({ status }) => status === 'firing').length} firing`, list(lines)].join('\n\n');
}

function suspects({ suspects: all }: IncidentStatus): string {
  if (all.length === 0) return '### Suspects\n\nnone: no change ended before it began';
  const lines = all
    .slice(0, maxSuspects)
    .flatMap(({ change, what, at, score, reasons, commits }, index) => [
      `${index + 1}. **${foreign(what)}** ` +
        `(${score} points${change ? `, change ${code(change)}` : ''}, ${utcMoment(at)})`,
      ...reasons.map((reason) => `   - ${foreign(reason)}`),
      ...commits.slice(0, maxLines).map((commit) => `   - commit ${foreign(commit)}`),
    ]);
  return ['### Suspects', lines.join('\n')].join('\n\n');
}

function checklist(items: readonly ChecklistItem[]): string {
  if (items.length === 0) return '';
  const marks = { open: '·', done: '✓', unknown: '?' };
  const lines = items.map(({ name, action, state, by, cites, evidence: answers }) => {
    const answer = answers.at(-1);
    const done = [by ? `, ${foreign(by)}` : '', answer ? `: ${foreign(answer)}` : ''].join('');
    return `${marks[state]} ${foreign(name)}: ${foreign(action)} (${cites})${done}`;
  });
  return ['### Checklist', list(lines)].join('\n\n');
}

function evidence(found: readonly Evidence[]): string {
  if (found.length === 0) return '';
  const lines = found.flatMap(({ name, verdict, reason, lines: samples }) => [
    `- ${verdictMarks[verdict]} ${foreign(name)}: ${foreign(shortened(reason))}`,
    ...samples.slice(0, maxLines).map((line) => `  - ${foreign(shortened(line))}`),
  ]);
  return ['### Evidence', lines.join('\n')].join('\n\n');
}

function mitigations({ mitigations: all }: IncidentStatus): string {
  if (all.length === 0) return '';
  const lines = all.map(
    ({ name, by, workflowId, outcome }) =>
      `${foreign(name)} by ${foreign(by)} (${code(workflowId)}): ${foreign(outcome ?? 'under way')}`,
  );
  return ['### Mitigations', list(lines)].join('\n\n');
}
