import { shortDigest } from '../../contract/artifact.ts';
import type { EnvironmentStatus, Freeze, FrozenTime } from '../../contract/environment.ts';
import { commitIn, type ChangeEntry, type LedgerEntry, type Runs } from '../../contract/ledger.ts';
import type { StaleEnvironment } from '../api/environment-report.ts';
import type { Colors } from '../cli/output.ts';
import type { Place } from '../api/slipway-client.ts';
import { cleanLine } from '../cli/text.ts';
import { momentText } from './time.ts';

const mostLedgerLines = 10;
const labelWidth = 10;

/** An environment for somebody who was just woken: what runs, what is going on, what is forbidden, what was done. */
export function environmentLines(status: EnvironmentStatus, colors: Colors): string[] {
  const { service, environment, phase, holder, queue, freeze, holds, ledger, refused } = status;
  const line = (label: string, text: string, paint = (plain: string): string => plain): string =>
    `  ${colors.dim(label.padEnd(labelWidth))} ${paint(text)}`;
  return [
    `${colors.bold(cleanLine(service))} ${colors.dim('in')} ${cleanLine(environment)}  ` +
      `${colors.cyan(phase)}  ${colors.dim(`number ${status.number}`)}`,
    line('runs', runsText(status)),
    ...(status.runs && !status.runs.certain
      ? [
          line(
            '',
            `a later change could not say what it left: ./slipway drift ${service} --environment ${environment}`,
            colors.yellow,
          ),
        ]
      : []),
    line('last good', goodText(status.lastKnownGood ?? null)),
    ...(holder
      ? [
          line(
            'held by',
            `${cleanLine(`${holder.kind} ${holder.change} of ${holder.owner}`)} since ` +
              `${momentText(holder.since)}${because(holder.reason)}`,
          ),
          line('', `./slipway status ${cleanLine(holder.workflowId)}`),
        ]
      : [line('held by', 'nobody')]),
    ...waitingLines(status, line, colors),
    ...(queue.length === 0 ? [line('queue', 'empty')] : []),
    ...queue.map((ticket, index) =>
      line(
        index === 0 ? 'queue' : '',
        `${index + 1}. ${cleanLine(`${ticket.kind} ${ticket.change} of ${ticket.owner}`)} since ` +
          `${momentText(ticket.since)}${because(ticket.reason)}` +
          `${ticket.waitsFor ? `; waits for ${cleanLine(ticket.waitsFor)}` : ''} ` +
          `(${cleanLine(ticket.workflowId)})`,
      ),
    ),
    freeze ? line('frozen', freezeText(freeze), colors.yellow) : line('freeze', 'none'),
    ...(status.nextFreeze ? [line('next', nextText(status.nextFreeze))] : []),
    ...(holds.length === 0 ? [line('on hold', 'nothing')] : []),
    ...holds.map((hold) =>
      line(
        'on hold',
        `${shortDigest(hold.digest)} ${hold.commit.slice(0, 12)} since ` +
          `${momentText(hold.since)}: ${cleanLine(hold.reason)}`,
        colors.yellow,
      ),
    ),
    ...(ledger.length === 0 ? [line('ledger', 'empty')] : []),
    ...ledger
      .slice(-mostLedgerLines)
      .reverse()
      .map((entry, index) => line(index === 0 ? 'ledger' : '', ledgerText(entry, colors))),
    ...(refused.count > 0
      ? [line('refused', `${refused.count}, last: ${cleanLine(refused.last.at(-1)?.reason ?? '')}`)]
      : []),
  ];
}

/** No worker lives: the ledger is with the workers' evidence store, which is not reached from here. */
export function staleEnvironmentLines(
  { service, environment, phase, asOf, waitingFor, next }: StaleEnvironment,
  colors: Colors,
): string[] {
  return [
    `${colors.bold(cleanLine(service))} ${colors.dim('in')} ${cleanLine(environment)}  ` +
      `${colors.cyan(cleanLine(phase))}`,
    `  ${colors.yellow('stale')}      no worker answers, ` +
      `${asOf === null ? 'it has not said anything yet' : `as of ${momentText(asOf)}`}; start ` +
      'a worker: ./slipway worker',
    ...(waitingFor === ''
      ? []
      : [`  ${colors.dim('waits for')}  ${cleanLine(waitingFor)}`, ...(next === '' ? [] : [`  ${cleanLine(next)}`])]),
    `  ${colors.dim('ledger')}     not reached without a worker: it is in the workers' ` +
      `evidence store, ledger/${cleanLine(`${service}/${environment}`)}.jsonl`,
  ];
}

export function unusedEnvironmentLines({ service, environment }: Place, colors: Colors): string[] {
  return [
    `${colors.bold(cleanLine(service))} ${colors.dim('in')} ${cleanLine(environment)}  ${colors.cyan('never used')}`,
    '  nothing was released here by Slipway, nothing is queued, frozen or on hold; or its ' +
      'workflow was terminated, and the next change reads the stored ledger',
    `  what serves: ./slipway drift ${cleanLine(service)} --environment ${cleanLine(environment)}`,
  ];
}

function runsText({ runs }: { runs?: Runs | null }): string {
  if (!runs) return 'not known: no change has been verified here yet';
  return cleanLine(
    `${runs.revision}, commit ${runs.commit.slice(0, 12) || 'unknown'}, digest ` +
      `${shortDigest(runs.digest)}, since ${momentText(runs.since)} by ${runs.by} (change ` +
      `${runs.change})`,
  );
}

function goodText(entry: ChangeEntry | null): string {
  if (!entry) return 'none';
  return cleanLine(
    `${entry.revision}, commit ${entry.commit.slice(0, 12) || 'unknown'}, verified ` +
      `${momentText(entry.at)} by ${entry.kind} ${entry.change}`,
  );
}

function freezeText({ by, since, until, reason }: Freeze): string {
  return (
    `by ${cleanLine(by)} since ` +
    `${momentText(since)}${until ? `, until ${momentText(until)}` : ''}: ${cleanLine(reason)}`
  );
}

function nextText({ name, reason, since, until }: FrozenTime): string {
  return `freeze ${cleanLine(name)} from ${momentText(since)} until ${momentText(until)}: ${cleanLine(reason)}`;
}

function ledgerText(entry: LedgerEntry, colors: Colors): string {
  const schema = 'schema' in entry && entry.schema ? ` schema ${entry.schema.version}` : '';
  const subject = ['change' in entry ? entry.change : null, commitIn(entry).slice(0, 12)].filter(Boolean).join(' ');
  const verified = 'verified' in entry && entry.verified ? colors.green(' verified') : '';
  return (
    `${momentText(entry.at)} ${entry.kind} ${cleanLine(subject)} by ${cleanLine(entry.by)}: ` +
    `${cleanLine(entry.outcome)}${schema}${verified}`
  );
}

function waitingLines(
  { waitingFor }: EnvironmentStatus,
  line: (label: string, text: string) => string,
  colors: Colors,
): string[] {
  if (!waitingFor || waitingFor.kind === 'freeze') return [];
  return [
    line('waits for', colors.yellow(cleanLine(waitingFor.what))),
    ...waitingFor.commands.map((command) => `  ${cleanLine(command)}`),
  ];
}

function because(reason: string): string {
  return reason === '' ? '' : `: ${cleanLine(reason)}`;
}
