import { adoptCommand, type DriftReport } from '../../contract/drift.ts';
import { describeDisabledTraffic, enableCommand } from '../../contract/disabled-traffic.ts';
import {
  describeCurrentFreeze,
  describeNextFreeze,
  type DisabledTraffic,
  type EnvironmentStatus,
  type Freeze,
  type FrozenTime,
} from '../../contract/environment.ts';
import { describeHeld } from '../../contract/holds.ts';
import { commitIn, type ChangeEntry, type LedgerEntry, type RunningRevision } from '../../contract/ledger.ts';
import { describeRecorded, describeVerified, isWhollyVerified } from '../../contract/recorded.ts';
import { slipwayLine } from '../../contract/shell-word.ts';
import { describeUnwrittenEntries } from '../../contract/unwritten.ts';
import type { EnvironmentName } from '../api/environment-name.ts';
import type { StaleEnvironment } from '../api/environment-report.ts';
import type { Colors } from '../cli/output.ts';
import { cleanLine } from '../cli/text.ts';
import { servingFacts } from './drift.ts';
import { answerLines } from './status.ts';
import { momentText } from './time.ts';

const maxLedgerLines = 10;
const labelWidth = 12;

/** Lays a fact out as a line: its label, and its text in a colour. */
type FactLine = (label: string, text: string, paint?: (plain: string) => string) => string;

/** Shows an environment: what serves and what is recorded, who holds it, what is forbidden, what was done. */
export function environmentLines(status: EnvironmentStatus, colors: Colors, platform: DriftReport | string): string[] {
  const line = factLine(colors);
  return [
    `${headline(status, colors)}  ${colors.dim(`holder number ${status.number}`)}`,
    ...platformLines(platform, line, colors),
    ...runsLines(status, line, colors),
    ...holderLines(status, line),
    ...waitingLines(status, line, colors),
    ...queueLines(status, line),
    ...freezeLines(status, line, colors),
    ...holdLines(status, line, colors),
    ...driftLines(status, line, colors),
    ...disabledLines(status, line, colors),
    ...ledgerLines(status, line, colors),
    ...unwrittenLines(status, line, colors),
    ...refusedLines(status, line),
  ];
}

/** Shows what an environment last wrote down. Its ledger is in the workers' evidence store, out of reach from here. */
export function staleEnvironmentLines(report: StaleEnvironment, colors: Colors): string[] {
  const { service, environment, asOf, waitingFor, next } = report;
  const line = factLine(colors);
  const since = asOf === null ? 'it has not reported anything yet' : `as of ${momentText(asOf)}`;
  const ledger = cleanLine(`ledger/${service}/${environment}/`);
  return [
    headline(report, colors),
    `  ${colors.yellow('stale'.padEnd(labelWidth))} no worker answers, ${since}; start a worker: ./slipway worker`,
    ...(waitingFor === '' ? [] : [line('waits for', cleanLine(waitingFor))]),
    ...(waitingFor === '' || next === '' ? [] : [`  ${cleanLine(next)}`]),
    line('ledger', `not reached without a worker: it is in the workers' evidence store, ${ledger}`),
  ];
}

/** Shows an environment in which nothing has happened yet. */
export function unusedEnvironmentLines({ service, environment }: EnvironmentName, colors: Colors): string[] {
  return [
    headline({ service, environment, phase: 'never used' }, colors),
    '  Slipway has released nothing here, and nothing is queued, frozen or on hold.',
    '  If its workflow was terminated, the next change reads the stored ledger.',
    `  what serves: ./slipway drift ${cleanLine(service)} --environment ${cleanLine(environment)}`,
  ];
}

function factLine(colors: Colors): FactLine {
  return (label, text, paint = (plain) => plain) => `  ${colors.dim(label.padEnd(labelWidth))} ${paint(text)}`;
}

function headline({ service, environment, phase }: EnvironmentName & { phase: string }, colors: Colors): string {
  const name = `${colors.bold(cleanLine(service))} ${colors.dim('in')} ${cleanLine(environment)}`;
  return `${name}  ${colors.cyan(cleanLine(phase))}`;
}

/** Shows what users get now, or why nobody knows it. */
function platformLines(platform: DriftReport | string, line: FactLine, colors: Colors): string[] {
  if (typeof platform === 'string') return [line('serves', `not known: ${cleanLine(platform)}`, colors.yellow)];
  return servingFacts(platform).map(([label, text]) => line(label, text));
}

function runsLines(status: EnvironmentStatus, line: FactLine, colors: Colors): string[] {
  const { runs, service, environment } = status;
  const drift = `./slipway drift ${cleanLine(service)} --environment ${cleanLine(environment)}`;
  return [
    line('recorded', runsText(runs)),
    ...(runs && !runs.certain ? [line('', `it is unknown what a later change left: ${drift}`, colors.yellow)] : []),
    line('last good', goodText(status.lastKnownGood)),
  ];
}

function holderLines({ holder }: EnvironmentStatus, line: FactLine): string[] {
  if (!holder) return [line('held by', 'nobody')];
  const who = cleanLine(`${holder.kind} ${holder.change} of ${holder.owner}`);
  return [
    line('held by', `${who} since ${momentText(holder.since)}${because(holder.reason)}`),
    line('', slipwayLine('status', holder.workflowId)),
  ];
}

function waitingLines({ waitingFor }: EnvironmentStatus, line: FactLine, colors: Colors): string[] {
  if (!waitingFor || waitingFor.kind === 'freeze') return [];
  const { what, since, who } = waitingFor;
  return [
    line('waits for', `${colors.yellow(cleanLine(what))} ${colors.dim(`(since ${momentText(since)})`)}`),
    ...(who.length > 0 ? [line('who', cleanLine(who.join(', ')))] : []),
    ...answerLines(waitingFor, colors),
  ];
}

function queueLines({ queue }: EnvironmentStatus, line: FactLine): string[] {
  if (queue.length === 0) return [line('queue', 'empty')];
  return queue.map(({ kind, change, owner, since, reason, waitsFor, workflowId }, index) => {
    const who = cleanLine(`${kind} ${change} of ${owner}`);
    const wait = waitsFor ? `; waits for ${cleanLine(waitsFor)}` : '';
    const text = `${index + 1}. ${who} since ${momentText(since)}${because(reason)}${wait} (${cleanLine(workflowId)})`;
    return line(index === 0 ? 'queue' : '', text);
  });
}

function freezeLines({ freeze, stops, nextFreeze }: EnvironmentStatus, line: FactLine, colors: Colors): string[] {
  const others = stops.filter(({ scope }) => scope !== freeze?.scope);
  return [
    freeze ? line('frozen', freezeText(freeze), colors.yellow) : line('freeze', 'none'),
    ...others.map((stop) => line('and', freezeText(stop), colors.yellow)),
    ...(nextFreeze ? [line('next', nextText(nextFreeze))] : []),
  ];
}

function unwrittenLines({ unwritten }: EnvironmentStatus, line: FactLine, colors: Colors): string[] {
  if (!unwritten) return [];
  return [line('unwritten', cleanLine(describeUnwrittenEntries(unwritten, momentText)), colors.yellow)];
}

function holdLines({ holds }: EnvironmentStatus, line: FactLine, colors: Colors): string[] {
  if (holds.length === 0) return [line('on hold', 'nothing')];
  return holds.map((hold) => line('on hold', cleanLine(describeHeld(hold, momentText)), colors.yellow));
}

function driftLines({ drift, service, environment }: EnvironmentStatus, line: FactLine, colors: Colors): string[] {
  if (!drift) return [];
  return [
    ...drift.problems.map((problem, index) => line(index === 0 ? 'drift' : '', cleanLine(problem), colors.yellow)),
    line('', cleanLine(adoptCommand(service, environment))),
  ];
}

function disabledLines(
  { service, environment, disabledTraffic = [] }: EnvironmentStatus,
  line: FactLine,
  colors: Colors,
): string[] {
  return disabledTraffic.flatMap((one) => [
    line('disabled', disabledText(one), colors.yellow),
    line('', cleanLine(enableCommand(service, environment, one.switch))),
  ]);
}

function ledgerLines({ ledger }: EnvironmentStatus, line: FactLine, colors: Colors): string[] {
  if (ledger.length === 0) return [line('ledger', 'empty')];
  const newest = ledger.slice(-maxLedgerLines).reverse();
  return newest.map((entry, index) => line(index === 0 ? 'ledger' : '', ledgerText(entry, colors)));
}

function refusedLines({ refused }: EnvironmentStatus, line: FactLine): string[] {
  if (refused.count === 0) return [];
  return [line('refused', `${refused.count}, last: ${cleanLine(refused.last.at(-1)?.reason ?? '')}`)];
}

/** Says what is recorded to serve: which commit, since when and by whom. */
export function runsText(runs: RunningRevision | null, now = new Date()): string {
  return cleanLine(describeRecorded(runs, (at) => momentText(at, now)));
}

/** Says which state was verified last. */
export function goodText(entry: ChangeEntry | null, now = new Date()): string {
  return cleanLine(describeVerified(entry, (at) => momentText(at, now)));
}

/** Says who freezes it, since and until when, and why. */
export function freezeText(freeze: Freeze, now = new Date()): string {
  return cleanLine(describeCurrentFreeze(freeze, (at) => momentText(at, now)));
}

/** Says which freeze comes next. */
export function nextText(next: FrozenTime, now = new Date()): string {
  return cleanLine(describeNextFreeze(next, (at) => momentText(at, now)));
}

/** Says which path of traffic is disabled, since when, by whom and why. */
export function disabledText(disabled: DisabledTraffic, now = new Date()): string {
  return cleanLine(describeDisabledTraffic(disabled, (at) => momentText(at, now)));
}

function ledgerText(entry: LedgerEntry, colors: Colors): string {
  const change = 'change' in entry ? (entry.change ?? '') : '';
  const subject = cleanLine(`${change} ${commitIn(entry).slice(0, 12)}`.trim());
  const schema = 'schema' in entry && entry.schema ? ` schema ${entry.schema.version}` : '';
  const verified = isWhollyVerified(entry) ? colors.green(' verified') : '';
  const what = `${momentText(entry.at)} ${entry.kind} ${subject} by ${cleanLine(entry.by)}`;
  return `${what}: ${cleanLine(entry.outcome)}${schema}${verified}`;
}

function because(reason: string): string {
  return reason === '' ? '' : `: ${cleanLine(reason)}`;
}
