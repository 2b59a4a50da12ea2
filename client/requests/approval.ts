import { breakGlassRole, keysOf } from '../../contract/catalog/approval-policy.ts';
import { shortHash } from '../../contract/plan.ts';
import { approvePayload, type ApprovePayload } from '../../contract/messages.ts';
import { approvalStatement, type ApprovalDecision } from '../../contract/statement.ts';
import { parseInput } from '../../contract/inputs.ts';
import { CommandError } from '../cli/command-error.ts';
import { exitCodes, type ExitCode } from '../cli/exit-codes.ts';
import { secondsFlag } from '../cli/flags.ts';
import type { SendOptions, Sent } from '../api/messages.ts';
import { whoAsks } from './person.ts';
import type { Session } from '../cli/session.ts';
import { signText } from './signing.ts';
import type { SlipwayClient } from '../api/slipway-client.ts';
import { cleanLine } from '../cli/text.ts';
import { planLines } from '../view/plan.ts';

export interface ApprovalFlags {
  environment?: string;
  by?: string;
  role?: string;
  note?: string;
  plan?: string;
  signal?: boolean;
  timeout?: string;
  key?: string;
  print?: boolean;
}

/**
 * The message of a person about a plan, or about a result that is to be signed off. Without --plan it names the plan
 * that the run shows now, and that plan is shown. Signed where the run asks for signatures; who breaks the glass does
 * not sign.
 */
export async function approvalPayload(
  session: Session,
  slipway: SlipwayClient,
  workflowId: string,
  decision: ApprovalDecision,
  options: ApprovalFlags,
): Promise<ApprovePayload> {
  const by = await whoAsks(options.by, session.environment);
  const { waitingFor } = await slipway.status(workflowId);
  const asked = waitingFor !== null && 'signature' in waitingFor ? waitingFor.signature : undefined;
  const plan = options.plan ?? (await planShown(session, slipway, workflowId));
  const parsed = parseInput(approvePayload, { by, plan, role: options.role, note: options.note });
  if ('problems' in parsed) throw CommandError.badInput(parsed.problems);
  const payload = parsed.input;
  if (asked === undefined || payload.role === breakGlassRole) return payload;
  if (!asked.plan.startsWith(payload.plan ?? ''))
    throw CommandError.refused(
      `the run asks about plan ${shortHash(asked.plan)} now, not about ${shortHash(payload.plan ?? '')}`,
      [`./slipway status ${workflowId}`],
    );
  const { signers, ...statement } = asked;
  session.output.note(
    `signing as ${payload.by}: ${decision} ${asked.gate} of ${asked.service} in ` +
      `${asked.environment}, plan ${shortHash(asked.plan)}, until ${asked.expires}`,
  );
  const signature = await signText(session, approvalStatement({ ...statement, decision, by: payload.by }), {
    by: payload.by,
    keys: keysOf(signers, payload.by),
    file: options.key,
  });
  return { ...payload, signature };
}

/** Sends the message, or prints it for the Temporal UI. */
export async function answerApproval(
  session: Session,
  slipway: SlipwayClient,
  workflowId: string,
  decision: ApprovalDecision,
  options: ApprovalFlags,
): Promise<ExitCode> {
  const payload = await approvalPayload(session, slipway, workflowId, decision, options);
  if (options.print === true) {
    session.output.result({ workflowId, message: decision, payload });
    session.output.line(JSON.stringify(payload));
    return exitCodes.ok;
  }
  reportSent(session, decision, workflowId, await slipway[decision](workflowId, payload, sendOptions(options)));
  return exitCodes.ok;
}

/** How a message is to be sent, from the flags. */
export function sendOptions({ signal, timeout }: Pick<ApprovalFlags, 'signal' | 'timeout'>): SendOptions {
  const timeoutMs = secondsFlag('timeout', timeout);
  return { ...(timeoutMs === undefined ? {} : { timeoutMs }), ...(signal === true ? { asSignal: true } : {}) };
}

/** Says what a message came to. */
export function reportSent({ output }: Session, message: string, workflowId: string, sent: Sent): void {
  output.result({ message, workflowId, ...sent });
  if (sent.delivered === 'answered')
    output.line(cleanLine(`${typeof sent.answer === 'string' ? sent.answer : `${message}: accepted`}`));
  else output.line(`${message} was left for ${workflowId}; see what it came to: ./slipway status ${workflowId}`);
}

async function planShown({ output }: Session, slipway: SlipwayClient, workflowId: string): Promise<string | undefined> {
  const plan = await slipway.planAsked(workflowId);
  if (plan === undefined) {
    throw CommandError.unreachable('no worker answers, so that the plan cannot be shown', [
      'start one: ./slipway worker',
      'or name the plan that you have read: --plan <hash> --signal',
    ]);
  }
  if (plan === null)
    throw CommandError.refused('the run has no plan yet, or nobody is asked about one', [
      `./slipway watch ${workflowId}`,
    ]);
  for (const line of planLines(plan, output.colors)) output.line(line);
  output.note(`answering for plan ${shortHash(plan.hash)}`);
  return plan.hash;
}
