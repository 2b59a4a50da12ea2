import { messageNames } from '../../contract/message-names.ts';
import { shortHash } from '../../contract/plan.ts';
import type { ApprovalDecision } from '../../contract/statement.ts';
import type { SlipwayClient } from '../api/slipway-client.ts';
import { CommandError } from '../cli/command-error.ts';
import { exitCodes, type ExitCode } from '../cli/exit-codes.ts';
import type { Session } from '../cli/session.ts';
import { approvalPayload } from '../requests/approval.ts';
import { resolveRun } from '../requests/resolve-run.ts';
import { reportSent, sendOptions } from '../requests/send-message.ts';
import { planLines } from '../view/plan.ts';
import type { AnswerOptions } from './answer-command.ts';

/** Answers the run that waits for an approval, signed where it asks for that, and prints what it says. */
export async function answerRun(
  decision: ApprovalDecision,
  session: Session,
  options: AnswerOptions,
  given = '',
): Promise<ExitCode> {
  const slipway = await session.slipway();
  const run = await resolveRun(session, slipway, { given, environment: options.environment, phases: ['approval'] });
  const { by, role, note, key } = options;
  const plan = options.plan ?? (await showPendingPlan(session, slipway, run));
  const payload = await approvalPayload(session, slipway, run, decision, { by, plan, role, note, key });
  if (options.print === true) {
    session.output.result({ workflowId: run, message: decision, payload });
    session.output.line(JSON.stringify(payload));
    return exitCodes.ok;
  }
  const sent = await slipway[decision](run, payload, sendOptions(options));
  reportSent(session, messageNames[decision], run, sent);
  return exitCodes.ok;
}

/** Shows the plan that the run asks about now, and answers its hash. */
async function showPendingPlan({ output }: Session, slipway: SlipwayClient, workflowId: string): Promise<string> {
  const plan = await slipway.pendingPlan(workflowId);
  if (plan === undefined) {
    throw CommandError.unreachable('no worker answers, so the plan cannot be shown', [
      'start one: ./slipway worker',
      'or name the plan that you have read: --plan <hash> --signal',
    ]);
  }
  if (plan === null)
    throw CommandError.refused('the run has no plan that waits for an answer', [`./slipway watch ${workflowId}`]);
  for (const line of planLines(plan, output.colors)) output.line(line);
  output.note(`answering for plan ${shortHash(plan.hash)}`);
  return plan.hash;
}
