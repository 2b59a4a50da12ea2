import { shortDigest } from '../../contract/artifact.ts';
import type { EnvironmentStatus } from '../../contract/environment.ts';
import type { Colors } from '../output.ts';
import { cleanLine } from '../text.ts';
import { momentText } from './time.ts';

const mostLedgerLines = 10;

/** An environment: who has it, who waits, what is forbidden, what was done. */
export function environmentLines(status: EnvironmentStatus, colors: Colors): string[] {
  const { service, environment, phase, holder, queue, freeze, holds, ledger, refused } = status;
  return [
    `${colors.bold(cleanLine(service))} ${colors.dim('in')} ${cleanLine(environment)}  ${colors.cyan(phase)}  ${colors.dim(`number ${status.number}`)}`,
    ...(holder ? [`  held by  ${cleanLine(`${holder.kind} ${holder.change} of ${holder.owner} (${holder.workflowId})`)} since ${momentText(holder.since)}`] : []),
    ...queue.map((ticket) => `  waits    ${cleanLine(`${ticket.kind} ${ticket.change} of ${ticket.owner} (${ticket.workflowId})`)} since ${momentText(ticket.since)}`),
    ...(freeze ? [colors.yellow(`  frozen   by ${cleanLine(freeze.by)} since ${momentText(freeze.since)}${freeze.until ? `, until ${momentText(freeze.until)}` : ''}: ${cleanLine(freeze.reason)}`)] : []),
    ...holds.map((hold) => colors.yellow(`  on hold  ${shortDigest(hold.digest)} ${hold.commit.slice(0, 12)} since ${momentText(hold.since)}: ${cleanLine(hold.reason)}`)),
    ...ledger.slice(-mostLedgerLines).reverse().map((entry) => `  ${colors.dim('ledger')}   ${momentText(entry.at)} ${entry.kind} ${entry.commit.slice(0, 12)} ${cleanLine(entry.outcome)}${entry.verified ? colors.green(' verified') : ''}`),
    ...(refused.count > 0 ? [`  ${refused.count} refused, last: ${cleanLine(refused.last.at(-1)?.reason ?? '')}`] : []),
  ];
}
