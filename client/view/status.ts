import { shortDigest } from '../../contract/artifact.ts';
import type { Verdict } from '../../contract/verdict.ts';
import { shortHash } from '../../contract/plan.ts';
import type { Refusal, StepState, StepStatus } from '../../contract/status.ts';
import type { Colors } from '../cli/output.ts';
import type { RunReport } from '../api/run-report.ts';
import { cleanLine } from '../cli/text.ts';
import { folded } from './stops.ts';
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
 * The whole status of a run as lines for a person. Everything from outside is cleaned here. With a number of columns
 * they are for a live view: every line fits, and what has to be copied whole (commands, the link) is left out.
 */
export function statusLines(report: RunReport, colors: Colors, now: Date = new Date(), columns?: number): string[] {
  const live = columns !== undefined;
  const steps = live && report.stops ? folded(report.steps ?? []) : (report.steps ?? []);
  return [
    headline(report, colors),
    ...facts(live ? { ...report, link: null } : report, colors),
    ...staleLine(report, colors, now),
    ...steps.flatMap((step) => [
      stepLine(step, colors, now, nameWidth(steps), columns),
      ...gateLines(step, colors, columns),
    ]),
    ...waitingLines(report, colors, now).slice(0, live ? 1 : undefined),
    ...refusedLines(report, colors),
    ...endLines(report, colors),
  ];
}

export function headline(report: RunReport, colors: Colors): string {
  const way = report.stops ? report.stops.map(({ environment }) => environment) : [report.environment ?? ''];
  const where = report.service
    ? cleanLine([report.service, ...way.filter((environment) => environment !== '')].join(' → ')).replaceAll(
        '→',
        colors.dim('→'),
      )
    : report.workflowId;
  return `${colors.bold(cleanLine(`${report.kind ?? report.workflowType}`))} ${where}  ${phaseText(report, colors)}`;
}

/** One step: mark, name, how long, what was seen. */
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
  const seen = [attempts, cleanLine(step.gates && step.state !== 'skipped' ? '' : (step.error ?? step.detail ?? ''))]
    .filter((part) => part !== '')
    .join('  ');
  const room = columns === undefined ? undefined : Math.max(0, columns - width - 18);
  const short = room !== undefined && seen.length > room ? `${seen.slice(0, Math.max(0, room - 1))}…` : seen;
  const said = step.error ? colors.red(short) : short;
  return (
    `  ${paint(mark)} ${cleanLine(step.name).padEnd(width)}  ` +
    `${colors.dim(tookText(step.startedAt, step.endedAt, now).padStart(9))}  ${said}`
  ).trimEnd();
}

const verdictMarks: Record<Verdict, [mark: string, color: keyof Colors]> = {
  pass: ['✓', 'green'],
  fail: ['✗', 'red'],
  inconclusive: ['?', 'yellow'],
};

/** A line for each gate of a step: what it said, and why. */
export function gateLines({ gates = [] }: StepStatus, colors: Colors, columns?: number): string[] {
  return gates.map(({ name, verdict, reason }) => {
    const [mark, color] = verdictMarks[verdict] ?? ['?', 'dim'];
    const text = cleanLine(`${name}: ${reason}`);
    const room = columns === undefined ? text.length : Math.max(0, columns - 8);
    return (
      `      ${(colors[color] as Paint)(mark)} ` +
      `${text.length > room ? `${text.slice(0, Math.max(0, room - 1))}…` : text}`
    );
  });
}

/** What is waited for, by whom, and the commands that go on: each on its own line, so that it can be pasted. */
export function waitingLines({ waitingFor, end }: RunReport, colors: Colors, now: Date = new Date()): string[] {
  if (waitingFor === null || end !== null) return [];
  const until = waitingFor.until === null ? '' : `, until ${momentText(waitingFor.until, now)}`;
  const who = waitingFor.who.length > 0 ? [`  ${colors.dim('who')}  ${cleanLine(waitingFor.who.join(', '))}`] : [];
  return [
    `${colors.yellow('waits for')} ${cleanLine(waitingFor.what)} ` +
      `${colors.dim(`(since ${momentText(waitingFor.since, now)}${until})`)}`,
    ...who,
    ...waitingFor.commands.map((command) => `  ${cleanLine(command)}`),
  ];
}

/** One refused message. */
export function refusalText({ message, by, reason }: Refusal): string {
  return cleanLine(`refused ${message} by ${by || 'nobody'}: ${reason}`);
}

export function endLines({ end, outcome }: Pick<RunReport, 'end' | 'outcome'>, colors: Colors): string[] {
  if (end === null) return [];
  if (end.type === 'Completed') return [`${colors.green('done')} ${cleanLine(outcome ?? end.message)}`];
  return [`${colors.red(cleanLine(end.type))} ${cleanLine(end.message)}`];
}

function phaseText({ phase, execution }: RunReport, colors: Colors): string {
  if (execution === 'RUNNING') return colors.cyan(cleanLine(phase));
  return execution === 'COMPLETED'
    ? colors.green(cleanLine(phase))
    : colors.red(`${cleanLine(phase)} (${execution.toLowerCase()})`);
}

function facts(report: RunReport, colors: Colors): string[] {
  const pairs: [string, string | undefined | null][] = [
    ['commit', report.commit],
    ['digest', report.digest ? shortDigest(report.digest) : ''],
    ['plan', report.plan ? shortHash(report.plan) : ''],
    ['change', report.change],
    [
      'approved',
      report.approvals
        ?.map(
          ({ by, role, environment, gate, breakGlass }) =>
            `${environment ? `${environment}: ` : ''}${by} ` +
            `(${role}${gate === 'plan' ? '' : `: ${gate}`}${breakGlass ? ', break-glass' : ''})`,
        )
        .join(', '),
    ],
    ['run', report.workflowId],
    ['see', report.link],
  ];
  return pairs
    .filter(([, value]) => Boolean(value))
    .map(([name, value]) => `  ${colors.dim(name.padEnd(8))} ${cleanLine(value ?? '')}`);
}

function staleLine({ stale, asOf, execution }: RunReport, colors: Colors, now: Date): string[] {
  if (!stale) return [];
  const since = asOf === null ? 'it has not said anything yet' : `as of ${momentText(asOf, now)}`;
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
