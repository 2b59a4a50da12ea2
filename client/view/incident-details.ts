import type { IncidentStatus } from '../../contract/incident/status.ts';
import { countOf } from '../../contract/plan.ts';
import type { Colors } from '../cli/output.ts';
import { cleanLine } from '../cli/text.ts';
import { checkLine } from './check-line.ts';
import { momentText } from './time.ts';

const maxSuspects = 3;
const maxSamples = 4;
const maxRefusals = 3;

type Part = (status: IncidentStatus, colors: Colors, now: Date) => string[];

/** Shows the rest of an incident: alerts, suspects, what was done and seen. A part that is empty is left out. */
export function incidentDetails(status: IncidentStatus, colors: Colors, now: Date): string[] {
  const parts: [name: string, part: Part][] = [
    [alertsTitle(status), alerts],
    ['suspects', suspects],
    ['mitigations', mitigations],
    ['checklist', checklist],
    ['evidence', evidence],
    ['steps', steps],
    ['told', told],
    ['follow-ups', followUps],
    [`refused messages: ${status.refused.count}`, refused],
  ];
  return parts.flatMap(([name, part]) => {
    const lines = part(status, colors, now);
    return lines.length === 0 ? [] : [`  ${colors.dim(name)}`, ...lines];
  });
}

function alertsTitle({ flapped, furtherAlerts }: IncidentStatus): string {
  const further = furtherAlerts > 0 ? `, ${countOf(furtherAlerts, 'further alert')} not shown` : '';
  return `alerts${flapped > 0 ? `, came back ${countOf(flapped, 'time')}` : ''}${further}`;
}

function alerts({ alerts: all }: IncidentStatus, colors: Colors, now: Date): string[] {
  return all.map(({ name, status, startsAt, endsAt, confirmed, summary }) => {
    const doubt = confirmed === 'yes' ? '' : ' (Alertmanager could not be asked)';
    const since = momentText(startsAt, now);
    const when = endsAt === null ? `${status}, since ${since}` : `${since} until ${momentText(endsAt, now)}`;
    const text = cleanLine(`${name} ${when}${doubt}: ${summary}`);
    return `    ${status === 'firing' ? colors.red('●') : colors.dim('○')} ${text}`;
  });
}

function suspects({ suspects: all }: IncidentStatus, colors: Colors, now: Date): string[] {
  return all
    .slice(0, maxSuspects)
    .flatMap(({ what, at, change, score, reasons, commits }, index) => [
      `    ${index + 1}. ${cleanLine(`${what} (${change || 'no change'}, ${momentText(at, now)}, ${score} points)`)}`,
      ...reasons.map((reason) => `       ${cleanLine(reason)}`),
      ...commits.map((commit) => `       ${colors.dim(cleanLine(commit))}`),
    ]);
}

function mitigations({ mitigations: all }: IncidentStatus, colors: Colors): string[] {
  return all.map(({ name, by, workflowId, outcome, succeeded }) => {
    const mark = succeeded === null ? colors.cyan('●') : succeeded ? colors.green('✓') : colors.red('✗');
    return `    ${mark} ${cleanLine(`${name} by ${by}: ${outcome ?? 'under way'} (${workflowId})`)}`;
  });
}

function checklist({ checklist: all }: IncidentStatus, colors: Colors): string[] {
  const marks = { open: '○', done: colors.green('✓'), unknown: colors.yellow('?') };
  return all.map(({ name, action, state, by, evidence: answers, answeredBy }) => {
    const manual = 'person' in answeredBy && state === 'open' ? ` (a person: ${answeredBy.person})` : '';
    const answer = answers.at(-1) ? `: ${answers.at(-1)}` : manual;
    return `    ${marks[state]} ${cleanLine(`${name}: ${action}${by ? `, ${by}` : ''}${answer}`)}`;
  });
}

function evidence({ evidence: all }: IncidentStatus, colors: Colors): string[] {
  return all.flatMap((found) => [
    `    ${checkLine(found, colors)}`,
    ...found.lines.slice(0, maxSamples).map((line) => `      ${colors.dim(cleanLine(line))}`),
  ]);
}

/** What it has done itself, such as a look whether it is over. */
function steps({ steps: all }: IncidentStatus, colors: Colors): string[] {
  return all
    .filter(({ state }) => state !== 'pending')
    .map(({ name, state, error, detail }) => {
      const mark = state === 'passed' ? colors.green('✓') : state === 'running' ? colors.cyan('●') : colors.red('✗');
      return `    ${mark} ${cleanLine(`${name}: ${error ?? detail ?? state}`)}`;
    });
}

function told({ updates, updateDue }: IncidentStatus, _colors: Colors, now: Date): string[] {
  const last = updates.at(-1);
  if (!last) return [];
  const due = updateDue === null ? '' : `; again until ${momentText(updateDue, now)}`;
  return [`    ${cleanLine(`${momentText(last.at, now)} ${last.by}: ${last.text}${due}`)}`];
}

function followUps({ followUps: all }: IncidentStatus, colors: Colors): string[] {
  return all.map(({ number, text, owner, dueAt, state }) => {
    const mark = state === 'done' ? colors.green('✓') : '○';
    return `    ${mark} ${cleanLine(`${number}. ${text}; ${owner} until ${dueAt}`)}`;
  });
}

function refused({ refused: { last } }: IncidentStatus, _colors: Colors, now: Date): string[] {
  return last.slice(-maxRefusals).map(({ at, message, by, reason }) => {
    return `    ${cleanLine(`${momentText(at, now)} ${message} by ${by || 'an unknown sender'}: ${reason}`)}`;
  });
}
