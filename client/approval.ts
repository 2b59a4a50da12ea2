import { shortHash } from '../contract/plan.ts';
import { approvePayload, type ApprovePayload } from '../contract/messages.ts';
import { parseInput } from '../contract/inputs.ts';
import { CommandError } from './command-error.ts';
import { secondsFlag } from './flags.ts';
import type { SendOptions, Sent } from './messages.ts';
import { whoAsks } from './person.ts';
import type { Session } from './session.ts';
import type { SlipwayClient } from './slipway.ts';
import { cleanLine } from './text.ts';
import { planLines } from './view/plan.ts';

export interface ApprovalFlags {
  environment?: string;
  by?: string;
  role?: string;
  note?: string;
  plan?: string;
  signal?: boolean;
  timeout?: string;
}

/** The message of a person about a plan. Without --plan it names the plan that the run shows now, and that plan is shown. */
export async function approvalPayload(session: Session, slipway: SlipwayClient, workflowId: string, options: ApprovalFlags): Promise<ApprovePayload> {
  const by = await whoAsks(options.by, session.environment);
  const plan = options.plan ?? (await planShown(session, slipway, workflowId));
  const parsed = parseInput(approvePayload, { by, plan, role: options.role, note: options.note });
  if ('problems' in parsed) throw CommandError.badInput(parsed.problems);
  return parsed.input;
}

/** How a message is to be sent, from the flags. */
export function sendOptions({ signal, timeout }: Pick<ApprovalFlags, 'signal' | 'timeout'>): SendOptions {
  const timeoutMs = secondsFlag('timeout', timeout);
  return { ...(timeoutMs === undefined ? {} : { timeoutMs }), ...(signal === true ? { asSignal: true } : {}) };
}

/** Says what a message came to. */
export function reportSent({ output }: Session, message: string, workflowId: string, sent: Sent): void {
  output.result({ message, workflowId, ...sent });
  if (sent.delivered === 'answered') output.line(cleanLine(`${typeof sent.answer === 'string' ? sent.answer : `${message}: accepted`}`));
  else output.line(`${message} was left for ${workflowId}; see what it came to: ./slipway status ${workflowId}`);
}

async function planShown({ output }: Session, slipway: SlipwayClient, workflowId: string): Promise<string | undefined> {
  const plan = await slipway.planAsked(workflowId);
  if (plan === undefined) {
    throw CommandError.unreachable('no worker answers, so that the plan cannot be shown', ['start one: ./slipway worker', 'or name the plan that you have read: --plan <hash> --signal']);
  }
  if (plan === null) throw CommandError.refused('the run has no plan yet, or nobody is asked about one', [`./slipway watch ${workflowId}`]);
  for (const line of planLines(plan, output.colors)) output.line(line);
  output.note(`answering for plan ${shortHash(plan.hash)}`);
  return plan.hash;
}
