import { confirm, isCancel } from '@clack/prompts';
import type { RunReport } from '../../api/run-report.ts';
import type { Session } from '../../cli/session.ts';
import { cleanLine } from '../../cli/text.ts';
import { interruption } from '../release.ts';
import type { Stage } from '../stage.ts';

/**
 * Sends the one word that carries the proposal out. A person at a terminal decides; elsewhere it is sent by itself, as
 * the same public message. Answers whether it was sent.
 */
export async function answerProposal(
  { output }: Session,
  { interactive, sample: { approver }, slipway }: Stage,
  { workflowId, proposal }: RunReport,
): Promise<boolean> {
  const what = cleanLine(proposal?.what ?? 'nothing is proposed');
  output.line(`\nthe incident proposes to ${what}`);
  if (interactive) {
    const message = `Do it as ${approver}?`;
    const answer = await confirm({ message, active: 'mitigate', inactive: 'not now' });
    if (isCancel(answer)) throw interruption();
    if (!answer) {
      output.line(`nothing was done. It is one command: ${proposal?.command ?? ''}`);
      return false;
    }
  } else output.line(`no terminal: sent as ${approver}, by the public message mitigate`);
  const sent = await slipway.respond(workflowId, 'mitigate', { by: approver, action: 'rollback' });
  if (sent.delivered === 'answered' && typeof sent.answer === 'string') output.line(cleanLine(sent.answer));
  return true;
}
