import { confirm, isCancel } from '@clack/prompts';
import { shortHash } from '../../contract/plan.ts';
import type { Session } from '../cli/session.ts';
import type { SlipwayClient } from '../api/slipway-client.ts';
import { cleanLine } from '../cli/text.ts';
import { planLines } from '../view/plan.ts';
import type { Sample } from './sample.ts';

/**
 * Answers the approval of the sample's release: true when approved, null when the person left. A person at a terminal
 * decides; elsewhere it is approved by the same public message that anybody would send.
 */
export async function answerApproval(
  { output }: Session,
  slipway: SlipwayClient,
  workflowId: string,
  sample: Sample,
  interactive: boolean,
): Promise<boolean | null> {
  const plan = await slipway.pendingPlan(workflowId);
  if (!plan) throw new Error('a run that waits for approval has no plan');
  for (const line of planLines(plan, output.colors)) output.line(line);
  const approved = interactive ? await askPerson(sample) : true;
  if (approved === null) return null;
  const payload = {
    by: sample.approver,
    role: sample.role,
    plan: plan.hash,
    note: interactive ? 'by npm start' : 'no terminal: sent by npm start',
  };
  if (!interactive)
    output.line(
      `no terminal: approving plan ${shortHash(plan.hash)} as ${sample.approver}, by the public message approve`,
    );
  const sent = approved ? await slipway.approve(workflowId, payload) : await slipway.reject(workflowId, payload);
  if (sent.delivered === 'answered' && typeof sent.answer === 'string') output.line(cleanLine(sent.answer));
  return approved;
}

async function askPerson({ approver }: Sample): Promise<boolean | null> {
  const answer = await confirm({ message: `Approve this as ${approver}?`, active: 'yes', inactive: 'no' });
  return isCancel(answer) ? null : answer;
}
