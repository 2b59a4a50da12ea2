import { categoryOf } from '../../contract/incident/categories/index.ts';
import { categoryWithRunbook } from '../../contract/incident/text.ts';
import type { Evidence } from '../../contract/incident/look.ts';
import type { ChecklistItem, IncidentStatus } from '../../contract/incident/status.ts';
import { countOf } from '../../contract/plan.ts';
import { utcMoment } from '../../contract/utc-moment.ts';
import type { TimelineEntry } from '../../contract/status.ts';
import { list, plain, recent, shortened, verdictMarks, waiting } from '../run/details.ts';

const maxAlerts = 8;
const maxSuspects = 3;
const maxLines = 4;

/**
 * The incident as Markdown for the Temporal UI (tab User Metadata), in the order in which a woken person asks: what is
 * broken and since when, who is on it, what to do next, what changed, what was seen. Text of strangers loses its signs.
 */
export function describeIncident(status: IncidentStatus, timeline: readonly TimelineEntry[]): string {
  const sections = [
    `## ${status.severity} ${plain(status.title) || '…'}`,
    facts(status),
    status.outcome ? `**${plain(status.outcome)}**` : '',
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
    `${service || '…'} in ${environment || '…'}, since ${onset ? utcMoment(onset) : '…'}`,
    acknowledged ? `${plain(acknowledged.by)} is on it since ${utcMoment(acknowledged.at)}` : '**nobody is on it yet**',
    ...changed(status),
    category === null ? `category not known${likelyText(likely)}` : `category ${categoryWithRunbook(category)}`,
    `incident \`${incident}\`, opened by ${plain(openedBy)}`,
    ...(furtherAlerts > 0 ? [`${countOf(furtherAlerts, 'further alert')}, not shown`] : []),
    ...(flapped > 0 ? [`its alerts came back ${countOf(flapped, 'time')}`] : []),
  ]);
}

/** The first suspect stands near the top: it is what a person would take back. */
function changed({ suspects: [first] }: IncidentStatus): string[] {
  return first ? [`changed before: ${plain(first.what)}, ${utcMoment(first.at)}`] : [];
}

function followUps({ followUps: all }: IncidentStatus): string {
  if (all.length === 0) return '';
  const lines = all.map(
    ({ number, text, owner, dueAt, state }) =>
      `${number} (${state}): ${plain(text)}; ${plain(owner)} until ${utcMoment(dueAt)}`,
  );
  return ['### Follow-ups', list(lines)].join('\n\n');
}

function likelyText(likely: IncidentStatus['likely']): string {
  const [first] = likely;
  return first ? `; most like ${categoryOf(first.category).title}: ${plain(first.reason)}` : '';
}

function alerts({ alerts: all }: IncidentStatus): string {
  if (all.length === 0) return '';
  const lines = all.slice(-maxAlerts).map(({ name, status, startsAt, summary, confirmed, told }) => {
    const doubt = confirmed === 'yes' ? '' : ', not borne out by Alertmanager';
    const times = `since ${utcMoment(startsAt)}, told ${countOf(told, 'time')}`;
    return `${plain(name)}: ${status} ${times}${doubt}; ${plain(summary)}`;
  });
  return [`### Alerts: ${all.filter(({ status }) => status === 'firing').length} firing`, list(lines)].join('\n\n');
}

function suspects({ suspects: all }: IncidentStatus): string {
  if (all.length === 0) return '### Suspects\n\nnone: no change ended before it began';
  const lines = all
    .slice(0, maxSuspects)
    .flatMap(({ change, what, at, score, reasons, commits }, index) => [
      `${index + 1}. **${plain(what)}** (${score} points${change ? `, change \`${change}\`` : ''}, ${utcMoment(at)})`,
      ...reasons.map((reason) => `   - ${plain(reason)}`),
      ...commits.slice(0, maxLines).map((commit) => `   - commit ${plain(commit)}`),
    ]);
  return ['### Suspects', lines.join('\n')].join('\n\n');
}

function checklist(items: readonly ChecklistItem[]): string {
  if (items.length === 0) return '';
  const marks = { open: '·', done: '✓', unknown: '?' };
  const lines = items.map(({ name, action, state, by, cites, evidence: answers }) => {
    const answer = answers.at(-1);
    const done = [by ? `, ${plain(by)}` : '', answer ? `: ${plain(answer)}` : ''].join('');
    return `${marks[state]} ${name}: ${action} (${cites})${done}`;
  });
  return ['### Checklist', list(lines)].join('\n\n');
}

function evidence(found: readonly Evidence[]): string {
  if (found.length === 0) return '';
  const lines = found.flatMap(({ name, verdict, reason, lines: samples }) => [
    `- ${verdictMarks[verdict]} ${name}: ${plain(shortened(reason))}`,
    ...samples.slice(0, maxLines).map((line) => `  - ${plain(shortened(line))}`),
  ]);
  return ['### Evidence', lines.join('\n')].join('\n\n');
}

function mitigations({ mitigations: all }: IncidentStatus): string {
  if (all.length === 0) return '';
  const lines = all.map(
    ({ name, by, workflowId, outcome }) =>
      `${name} by ${plain(by)} (\`${workflowId}\`): ${plain(outcome ?? 'under way')}`,
  );
  return ['### Mitigations', list(lines)].join('\n\n');
}
