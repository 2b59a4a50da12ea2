import { approvePayload, messageNames, rejectPayload, type ApprovePayload } from '../../contract/messages.ts';
import type { ApprovalDecision } from '../../contract/statement.ts';
import type { ChangeStatus } from '../../contract/status.ts';
import { now } from '../run/journal.ts';
import { refusal } from '../run/messages.ts';
import type { Run } from '../run/run.ts';
import type { Approvals } from './approvals.ts';
import { verifySignature } from './signature.ts';

/** Registers the messages by which people approve and reject. `approvals` is null until the input was looked at. */
export function listenToApprovers(run: Run<ChangeStatus>, approvals: () => Approvals | null): void {
  const description = (does: string, example: string) =>
    `${does}: {"by": "you@example.com", ${example}}; with "signature" where the policy asks for one`;
  run.on(
    {
      name: messageNames.approve,
      schema: approvePayload,
      description: description('Approve what status shows', '"plan": "<hash>"'),
    },
    (payload) => answerQuestion(run, approvals(), 'approve', payload),
  );
  run.on(
    {
      name: messageNames.reject,
      schema: rejectPayload,
      description: description('Reject what status shows', '"note": "why"'),
    },
    (payload) => answerQuestion(run, approvals(), 'reject', payload),
  );
}

/**
 * Judges an approval or a rejection: policy first, since that costs nothing, then the signature, then policy again,
 * since meanwhile another message may have counted or the plan have changed.
 */
async function answerQuestion(
  run: Run<ChangeStatus>,
  approvals: Approvals | null,
  decision: ApprovalDecision,
  payload: ApprovePayload,
): Promise<string> {
  if (!approvals) throw refusal('the run is just starting and waits for no approval yet');
  const toVerify = approvals.toVerify(decision, payload, now());
  const verified = toVerify && (await verifySignature(toVerify));
  const answer = approvals[decision](payload, now(), verified);
  const { status } = run.record;
  status.approvals = approvals.granted;
  const claimed = [...new Set([...(status.claimed ?? []), ...approvals.claimed])];
  if (claimed.length > 0) status.claimed = claimed;
  return answer;
}
