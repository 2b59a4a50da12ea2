import { breakGlassRole, keysOf } from '../../contract/people.ts';
import { approvePayload, type ApprovePayload } from '../../contract/messages.ts';
import { shortHash } from '../../contract/plan.ts';
import { slipwayLine } from '../../contract/shell-word.ts';
import { approvalStatement, type ApprovalDecision, type Question } from '../../contract/statement.ts';
import type { WaitingFor } from '../../contract/status.ts';
import type { EnvironmentName } from '../api/environment-name.ts';
import type { SlipwayClient } from '../api/slipway-client.ts';
import { CommandError } from '../cli/command-error.ts';
import type { Session } from '../cli/session.ts';
import { refuseToSign, requireInstallation } from './refuse-to-sign.ts';
import { readPlan, requireNamed, requireSame } from './shown-plan.ts';
import { messagePayload } from './send-message.ts';
import { signText } from './signing.ts';

export interface ApprovalFields {
  by?: string | undefined;
  role?: string | undefined;
  note?: string | undefined;
  plan?: string | undefined;
  /** The question that the person has seen. */
  gate?: Question | undefined;
  /** The place that the person has named instead of a run. */
  named?: EnvironmentName | undefined;
  /** A private key to sign with. */
  key?: string | undefined;
}

type SignatureRequest = NonNullable<WaitingFor['signature']>;

/**
 * Makes a person's message about a plan or a result, signed where the run asks for signatures. A message by
 * break-glass is not signed. Throws a CommandError when the fields are wrong or nothing can sign.
 */
export async function approvalPayload(
  session: Session,
  slipway: SlipwayClient,
  workflowId: string,
  decision: ApprovalDecision,
  { key, gate, named, ...fields }: ApprovalFields,
): Promise<ApprovePayload> {
  const payload = await messagePayload(session, approvePayload, { ...fields });
  const { waitingFor } = await slipway.status(workflowId);
  const question = waitingFor !== null && 'signature' in waitingFor ? waitingFor.signature : undefined;
  if (question === undefined || payload.role === breakGlassRole) return payload;
  const shown = await readPlan(slipway, workflowId, decision);
  if (!shown)
    throw CommandError.refused(`the run shows no plan now: nothing was signed`, [slipwayLine('status', workflowId)]);
  if (!question.plan.startsWith(payload.plan ?? ''))
    throw refuseToSign(`the plan is ${shortHash(payload.plan ?? '')}`, shortHash(question.plan));
  requireSame({ ...shown, gate }, question);
  requireNamed(named, question);
  await requireInstallation(slipway, question.temporal);
  return { ...payload, signature: await signApproval(session, question, decision, payload.by, key) };
}

async function signApproval(
  session: Session,
  { signers, ...statement }: SignatureRequest,
  decision: ApprovalDecision,
  by: string,
  file: string | undefined,
): Promise<string> {
  const { gate, service, environment, plan, expires } = statement;
  const { momentText } = await import('../view/time.ts');
  const where = `${service} in ${environment}, plan ${shortHash(plan)}`;
  session.output.note(`signing as ${by}: ${decision} ${gate} of ${where}, until ${momentText(expires)}`);
  const text = approvalStatement({ ...statement, decision, by });
  return signText(session, text, { by, keys: keysOf(signers, by), file });
}
