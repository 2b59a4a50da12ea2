import { categoryTitle } from '../../contract/incident/text.ts';
import { countOf } from '../../contract/plan.ts';
import type { RunReport } from '../api/run-report.ts';
import type { Colors } from '../cli/output.ts';
import { cleanLine } from '../cli/text.ts';
import { checkLine } from './check-line.ts';
import { momentText } from './time.ts';

const maxSuspects = 3;
const maxSamples = 4;

/** Shows an incident in the order in which a woken person asks. Nothing for another run. */
export function incidentLines(report: RunReport, colors: Colors, now: Date): string[] {
  if (report.incident === undefined) return [];
  return [
    ...factLines(report, colors, now),
    ...alertLines(report, colors, now),
    ...suspectLines(report, colors, now),
    ...checklistLines(report, colors),
    ...evidenceLines(report, colors),
    ...mitigationLines(report, colors),
  ];
}

function factLines(report: RunReport, colors: Colors, now: Date): string[] {
  const { severity = '', title = '', onset, acknowledged, category = null, likely = [], openedBy = '' } = report;
  const guess = likely[0] ? `; most like ${categoryTitle(likely[0].category)}: ${likely[0].reason}` : '';
  const facts: [string, string][] = [
    ['since', onset ? momentText(onset, now) : ''],
    ['who', acknowledged ? `${acknowledged.by}, since ${momentText(acknowledged.at, now)}` : 'nobody is on it yet'],
    ['category', category === null ? `not known${guess}` : categoryTitle(category)],
    ['opened', `by ${openedBy}`],
  ];
  return [
    `  ${colors.red(severity)} ${colors.bold(cleanLine(title))}`,
    ...facts.map(([name, value]) => `  ${colors.dim(name.padEnd(8))} ${cleanLine(value)}`),
  ];
}

function alertLines({ alerts = [], flapped = 0 }: RunReport, colors: Colors, now: Date): string[] {
  if (alerts.length === 0) return [];
  const again = flapped > 0 ? `, came back ${countOf(flapped, 'time')}` : '';
  const lines = alerts.map(({ name, status, startsAt, confirmed, summary }) => {
    const doubt = confirmed === 'yes' ? '' : ' (Alertmanager could not be asked)';
    return `    ${cleanLine(`${name} ${status} since ${momentText(startsAt, now)}${doubt}: ${summary}`)}`;
  });
  return [`  ${colors.dim(`alerts${again}`)}`, ...lines];
}

function suspectLines({ suspects = [] }: RunReport, colors: Colors, now: Date): string[] {
  if (suspects.length === 0) return [`  ${colors.dim('suspects')} none`];
  const lines = suspects
    .slice(0, maxSuspects)
    .flatMap(({ what, at, change, score, reasons, commits }, index) => [
      `    ${index + 1}. ${cleanLine(`${what} (${change || 'no change'}, ${momentText(at, now)}, ${score} points)`)}`,
      ...reasons.map((reason) => `         ${cleanLine(reason)}`),
      ...commits.map((commit) => `         ${colors.dim(cleanLine(commit))}`),
    ]);
  return [`  ${colors.dim('suspects')}`, ...lines];
}

function checklistLines({ checklist = [] }: RunReport, colors: Colors): string[] {
  if (checklist.length === 0) return [];
  const marks = { open: '○', done: colors.green('✓'), unknown: colors.yellow('?') };
  const lines = checklist.map(({ name, action, state, by, evidence, answeredBy }) => {
    const manual = 'person' in answeredBy && state === 'open' ? ` (a person: ${answeredBy.person})` : '';
    const answer = evidence.at(-1) ? `: ${evidence.at(-1)}` : manual;
    return `    ${marks[state]} ${cleanLine(`${name}  ${action}${by ? `, ${by}` : ''}${answer}`)}`;
  });
  return [`  ${colors.dim('checklist')}`, ...lines];
}

function evidenceLines({ evidence = [] }: RunReport, colors: Colors): string[] {
  if (evidence.length === 0) return [];
  const lines = evidence.flatMap((found) => [
    `    ${checkLine(found, colors)}`,
    ...found.lines.slice(0, maxSamples).map((line) => `        ${colors.dim(cleanLine(line))}`),
  ]);
  return [`  ${colors.dim('evidence')}`, ...lines];
}

function mitigationLines({ mitigations = [] }: RunReport, colors: Colors): string[] {
  if (mitigations.length === 0) return [];
  const lines = mitigations.map(({ name, by, workflowId, outcome }) =>
    cleanLine(`${name} by ${by}: ${outcome ?? 'under way'} (${workflowId})`),
  );
  return [`  ${colors.dim('mitigations')}`, ...lines.map((line) => `    ${line}`)];
}
