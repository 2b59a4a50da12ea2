import { shortDigest } from '../../contract/artifact.ts';
import { describeClient } from '../../contract/drill.ts';
import { shortHash } from '../../contract/plan.ts';
import type { Approval, Refusal, StepState, StepStatus } from '../../contract/status.ts';
import type { Colors } from '../cli/output.ts';
import type { RunReport } from '../api/run-report.ts';
import { cleanLine } from '../cli/text.ts';
import { checkLine, shorten } from './check-line.ts';
import { progressText } from './progress.ts';
import { foldSteps } from './fold-steps.ts';
import { endingLines, endText } from './ending.ts';
import { momentText, tookText } from './time.ts';

type Paint = (text: string) => string;

const marks: Record<StepState, [mark: string, color: keyof Colors]> = {
  pending: ['○', 'dim'],
  running: ['●', 'cyan'],
  passed: ['✓', 'green'],
  failed: ['✗', 'red'],
  skipped: ['–', 'dim'],
  parked: ['‖', 'yellow'],
  restored: ['↺', 'yellow'],
};

/**
 * Shows the whole status of a run; everything from outside is cleaned here. With a number of columns it is a live
 * view: every line fits, and what has to be copied whole (commands, the link) is left out.
 */
export function statusLines(report: RunReport, colors: Colors, now: Date = new Date(), columns?: number): string[] {
  const live = columns !== undefined;
  const steps = live && report.stops ? foldSteps(report.steps ?? []) : (report.steps ?? []);
  return [
    headline(report, colors),
    ...facts(live ? { ...report, link: null } : report, colors),
    ...staleLine(report, colors, now),
    ...steps
      .filter(({ state }) => report.end === null || state !== 'pending')
      .flatMap((step) => [
        stepLine(withProgress(step, report), colors, now, nameWidth(steps), columns),
        ...gateLines(step, colors, columns),
      ]),
    ...notReachedLine(report, colors),
    ...(live ? [] : drillLines(report, colors)),
    ...diagnosisLines(report, colors),
    ...waitingLines(report, colors, now).slice(0, live ? 1 : undefined),
    ...refusedLines(report, colors),
    ...endLines(report, colors),
  ];
}

/** Names the run: its kind, where it goes and its phase. */
export function headline(report: RunReport, colors: Colors): string {
  const way = report.stops ? report.stops.map(({ environment }) => environment) : [report.environment ?? ''];
  const where = report.service
    ? cleanLine([report.service, ...way.filter((environment) => environment !== '')].join(' → ')).replaceAll(
        '→',
        colors.dim('→'),
      )
    : cleanLine(report.workflowId);
  return `${colors.bold(cleanLine(`${report.kind ?? report.workflowType}`))} ${where}  ${phaseText(report, colors)}`;
}

/** Names the steps that a run has ended before. */
function notReachedLine({ end, steps = [] }: RunReport, colors: Colors): string[] {
  const names = end === null ? [] : steps.filter(({ state }) => state === 'pending').map(({ name }) => cleanLine(name));
  return names.length > 0 ? [`  ${colors.dim(`${marks.pending[0]} not reached: ${names.join(', ')}`)}`] : [];
}

/** A step under way shows what its work told last. */
export function withProgress(step: StepStatus, { progress }: RunReport): StepStatus {
  return step.state === 'running' && progress ? { ...step, detail: progressText(progress) } : step;
}

/** Shows one step: mark, name, duration, and its error or detail. */
export function stepLine(
  step: StepStatus,
  colors: Colors,
  now: Date = new Date(),
  width = step.name.length,
  columns?: number,
): string {
  const [mark, color] = marks[step.state] ?? ['?', 'dim'];
  const paint = colors[color] as Paint;
  const attempts = step.attempts > 1 ? `attempt ${step.attempts}` : '';
  const detail = step.gates && step.state !== 'skipped' ? '' : (step.error ?? step.detail ?? '');
  const text = [attempts, cleanLine(detail)].filter((part) => part !== '').join('  ');
  const short = columns === undefined ? text : shorten(text, columns - width - 18);
  const name = cleanLine(step.name).padEnd(width);
  const duration = colors.dim(tookText(step.startedAt, step.endedAt, now).padStart(9));
  return `  ${paint(mark)} ${name}  ${duration}  ${step.error ? colors.red(short) : short}`.trimEnd();
}

/** Shows the verdict of each gate of a step, and why. */
export function gateLines({ gates = [] }: StepStatus, colors: Colors, columns?: number): string[] {
  return gates.map((gate) => `      ${checkLine(gate, colors, columns === undefined ? undefined : columns - 8)}`);
}

/** Shows the wait of a run and the commands that end it. Each has a line of its own, so that it can be pasted. */
export function waitingLines({ waitingFor, end }: RunReport, colors: Colors, now: Date = new Date()): string[] {
  if (waitingFor === null || end !== null) return [];
  const until = waitingFor.until === null ? '' : `, until ${momentText(waitingFor.until, now)}`;
  const who = waitingFor.who.length > 0 ? [`  ${colors.dim('who')}  ${cleanLine(waitingFor.who.join(', '))}`] : [];
  const span = colors.dim(`(since ${momentText(waitingFor.since, now)}${until})`);
  return [
    `${colors.yellow('waits for')} ${cleanLine(waitingFor.what)} ${span}`,
    ...who,
    ...answerLines(waitingFor, colors),
  ];
}

/** Shows what may be answered: what each choice does, and its command. */
export function answerLines(waitingFor: NonNullable<RunReport['waitingFor']>, colors: Colors): string[] {
  const { choices = [] } = waitingFor;
  if (choices.length === 0) return commandsToPaste(waitingFor).map((command) => `  ${cleanLine(command)}`);
  const width = Math.max(...choices.map(({ action }) => action.length));
  return choices.flatMap(({ action, effect, command }) => [
    `  ${colors.bold(action.padEnd(width))}  ${cleanLine(effect)}`,
    `  ${''.padEnd(width)}  ${cleanLine(command)}`,
  ]);
}

/** Selects the commands to show: ours stand for those of the Temporal CLI, which --json and the Temporal UI have. */
export function commandsToPaste({ commands }: Pick<NonNullable<RunReport['waitingFor']>, 'commands'>): string[] {
  const ours = commands.filter((command) => command.startsWith('./slipway'));
  return ours.length > 0 ? ours : commands;
}

/** Describes one refused message. */
export function refusalText({ message, by, reason }: Refusal): string {
  return cleanLine(`refused ${message} by ${by || 'an unknown sender'}: ${reason}`);
}

/** Shows how a run ended; nothing while it runs. Where the run has told its end in parts, each is a line. */
export function endLines(report: Pick<RunReport, 'end' | 'outcome' | 'ending'>, colors: Colors): string[] {
  const { end, outcome, ending } = report;
  if (end === null) return [];
  if (end.type === 'Completed') return [`${colors.green('done')} ${cleanLine(outcome ?? end.message)}`];
  return ending ? [colors.red(cleanLine(end.type)), ...endingLines(ending, colors)] : [endText(end, colors.red)];
}

/** Shows why it probably failed, and what mends it. */
export function diagnosisLines({ diagnosis = [] }: Pick<RunReport, 'diagnosis'>, colors: Colors): string[] {
  return diagnosis.flatMap(({ cause, fix, seen, lines = [] }) => [
    `${colors.yellow('likely cause')} ${cleanLine(cause)}`,
    `  ${colors.dim('fix ')} ${cleanLine(fix)}`,
    `  ${colors.dim('seen')} ${cleanLine(seen)}`,
    ...lines.map((line) => `       ${colors.dim('|')} ${cleanLine(line)}`),
  ]);
}

/** Shows what each client of a drill saw. */
function drillLines({ drill = [] }: RunReport, colors: Colors): string[] {
  return drill.flatMap(({ part, during }) => [
    `  ${colors.dim(`${cleanLine(part)}: what clients saw`)}`,
    ...during.map((client, index) => `    ${cleanLine(describeClient(client, index))}`),
  ]);
}

function phaseText({ end, phase, execution }: RunReport, colors: Colors): string {
  if (execution === 'RUNNING') return colors.cyan(cleanLine(phase));
  return execution === 'COMPLETED'
    ? colors.green(cleanLine(phase))
    : colors.red(cleanLine(end?.type ?? execution.toLowerCase()));
}

function facts(report: RunReport, colors: Colors): string[] {
  const pairs: [string, string | undefined | null][] = [
    ['commit', report.commit],
    ['digest', report.digest ? shortDigest(report.digest) : ''],
    ['plan', report.plan ? shortHash(report.plan) : ''],
    ['change', report.change],
    ['doubt', report.claimed?.join('; ')],
    ['approved', report.approvals?.map(approvalText).join(', ')],
    ['run', report.workflowId],
    ['see', report.link],
  ];
  return pairs
    .filter(([, value]) => Boolean(value))
    .map(([name, value]) => `  ${colors.dim(name.padEnd(8))} ${cleanLine(value ?? '')}`);
}

function approvalText({ by, role, environment, gate, breakGlass }: Approval): string {
  const stop = environment ? `${environment}: ` : '';
  const result = gate === 'plan' ? '' : `: ${gate}`;
  return `${stop}${by} (${role}${result}${breakGlass ? ', break-glass' : ''})`;
}

function staleLine({ stale, asOf, execution }: RunReport, colors: Colors, now: Date): string[] {
  if (!stale) return [];
  const since = asOf === null ? 'it has not reported anything yet' : `as of ${momentText(asOf, now)}`;
  const hint = execution === 'RUNNING' ? '; start a worker: ./slipway worker' : '';
  return [`  ${colors.yellow('stale')}    no worker answers, ${since}${hint}`];
}

function refusedLines({ refused }: RunReport, colors: Colors): string[] {
  if (!refused || refused.count === 0) return [];
  const last = refused.last.slice(-3).map((refusal) => `  ${refusalText(refusal)}`);
  return [`${colors.yellow(`${refused.count} refused`)}`, ...last];
}

function nameWidth(steps: StepStatus[]): number {
  return Math.max(0, ...steps.map(({ name }) => name.length));
}
