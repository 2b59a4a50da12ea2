import { categoryTitle, categoryWithRunbook } from '../../contract/incident/text.ts';
import type { IncidentStatus } from '../../contract/incident/status.ts';
import { countOf } from '../../contract/plan.ts';
import { slipwayLine } from '../../contract/shell-word.ts';
import type { RunReport } from '../api/run-report.ts';
import type { Colors } from '../cli/output.ts';
import { cleanLine } from '../cli/text.ts';
import { incidentDetails } from './incident-details.ts';
import { momentText, spanText } from './time.ts';
import { besideLead, foldedCommand, wrapped } from './wrap.ts';

export type IncidentRun = RunReport & IncidentStatus;

/** The column in which the answers begin. */
const indent = 11;

/** Says whether a run is an incident, and could be asked. */
export function isIncident(report: RunReport): report is IncidentRun {
  return hasIncidentFacts(report) && !report.stale;
}

/** Says whether a report has what an incident tells, now or from before; a memo has not. */
export function hasIncidentFacts(report: RunReport): report is IncidentRun {
  return report.incident !== undefined;
}

/**
 * Shows an incident in the order in which a woken person asks: what is broken, since when, who is on it, what had
 * changed, what to do next. All else stands below. With columns every line fits.
 */
export function incidentLines(run: IncidentRun, colors: Colors, now: Date, columns: number | null): string[] {
  const { severity, title, waitingFor, workflowId, link } = run;
  const leadOf = (name: string) => `  ${colors.dim(name.padEnd(indent - 3))} `;
  const answer = (name: string, value: string): string[] => besideLead(leadOf(name), cleanLine(value), columns, indent);
  const commands = (all: readonly string[]) =>
    all.flatMap((command) => foldedCommand(cleanLine(command), columns, indent));
  const others = (waitingFor?.commands ?? []).filter((command) => !isOurs(command));
  return [
    ...wrapped(`${colors.red(cleanLine(severity))} ${colors.bold(cleanLine(title))}`, columns),
    ...answer('broken', brokenText(run)),
    ...answer('since', sinceText(run, now)),
    ...whoLines(run, colors, now, answer),
    ...answer('changed', changedText(run)),
    ...stepsToTake(run, now).flatMap(({ name, what, command }) => [...answer(name, what), ...commands(command)]),
    ...answer('category', categoryText(run)),
    ...incidentDetails(run, colors, now).flatMap((line) => wrapped(line, columns)),
    ...answer('run', workflowId),
    // An address that is broken into lines cannot be opened.
    ...(link === null ? [] : [`${leadOf('see')}${cleanLine(link)}`]),
    ...(others.length === 0 ? [] : [...answer('or', 'with the Temporal CLI'), ...commands(others)]),
  ];
}

function brokenText({ service, environment, alerts }: IncidentRun): string {
  const firing = alerts.filter(({ status }) => status === 'firing').length;
  const alarm = alerts.length === 0 ? '' : `; ${countOf(firing, 'alert')} firing`;
  return `${service} in ${environment}${alarm}`;
}

function categoryText({ category, likely }: IncidentRun): string {
  const [first] = likely;
  const guess = first ? `; most like ${categoryTitle(first.category)}: ${first.reason}` : '';
  return category === null ? `not known${guess}` : categoryWithRunbook(category);
}

/** Says when it began, and who opened it. */
export function sinceText({ onset, openedBy, startedAt, closedAt }: IncidentRun, now: Date): string {
  const end = closedAt === null ? now : new Date(closedAt);
  const span = spanText(end.getTime() - Date.parse(onset));
  const began = closedAt === null ? `${span} ago` : `over after ${span}`;
  return `${momentText(onset, now)}, ${began}; opened ${momentText(startedAt, now)} by ${openedBy}`;
}

function whoLines(
  run: IncidentRun,
  colors: Colors,
  now: Date,
  answer: (name: string, value: string) => string[],
): string[] {
  const lines = answer('who', whoText(run, now));
  return run.acknowledged ? lines : lines.map((line) => colors.yellow(line));
}

/** Says who is on it. */
export function whoText({ acknowledged, escalations }: IncidentRun, now: Date): string {
  if (acknowledged) return `${acknowledged.by}, since ${momentText(acknowledged.at, now)}`;
  const called = escalations > 0 ? `; more people were called ${countOf(escalations, 'time')}` : '';
  return `nobody is on it yet${called}`;
}

/** Says what had changed before it. */
export function changedText({ suspects, onset, phase }: IncidentRun): string {
  const [first] = suspects;
  if (!first && ['starting', 'triage'].includes(phase)) return 'it is being looked at';
  if (!first) return 'nothing that is known: no change ended shortly before it began';
  const before = spanText(Date.parse(onset) - Date.parse(first.at));
  return `${first.what}, ${before} before`;
}

export interface StepToTake {
  name: string;
  what: string;
  command: string[];
}

/** Tells what is waited for, and then what is proposed; of a closed incident how it ended. */
export function stepsToTake(
  { waitingFor, proposal, end, outcome, phase, workflowId }: IncidentRun,
  now: Date,
): StepToTake[] {
  if (end !== null)
    return [
      { name: 'end', what: outcome ?? end.message, command: [] },
      { name: 'next', what: 'read or pass on its report', command: [slipwayLine('incident report', workflowId)] },
    ];
  const isAsked = waitingFor !== null && waitingFor.what !== proposal?.what;
  const until = waitingFor?.until ? ` (until ${momentText(waitingFor.until, now)})` : '';
  const own = (waitingFor?.commands ?? []).filter((command) => isOurs(command) && command !== proposal?.command);
  const asked = { name: 'next', what: `${waitingFor?.what ?? ''}${until}`, command: own };
  const proposed = proposal
    ? [{ name: isAsked ? 'then' : 'next', what: proposal.what, command: [proposal.command] }]
    : [];
  if (isAsked) return [asked, ...(waitingFor.kind === 'child' ? [] : proposed)];
  return proposed.length > 0 ? proposed : [{ name: 'next', what: `wait: it is in phase ${phase}`, command: [] }];
}

function isOurs(command: string): boolean {
  return command.startsWith('./slipway ');
}
