import { workflowInfo } from '@temporalio/workflow';
import { messageNames, type DecidePayload } from '../../contract/messages.ts';
import type { RunStatus } from '../../contract/status.ts';
import { refusal } from './messages.ts';
import { proveSender } from './prove-sender.ts';
import type { Run } from './run.ts';

/**
 * Judges a decision about a parked step: what is possible first, since that costs nothing, then its sender by the
 * catalog of now, then what is possible again, since another one may have counted meanwhile.
 */
export async function decideParked<Status extends RunStatus>(
  { parking, known }: Pick<Run<Status>, 'parking' | 'known'>,
  payload: DecidePayload,
): Promise<string> {
  const { place, signers, temporal } = known;
  const { about, roles, needsSignature } = parking.examine(payload);
  if (temporal === undefined) {
    // A run of an earlier version, whose history has no question about the sender.
    parking.requireRole(payload.by);
    return parking.decide(payload);
  }
  const { workflowId } = workflowInfo();
  const proof = await proveSender({
    ...place,
    roles,
    needsSignature,
    wasSigned: signers !== null,
    message: { temporal, workflowId, message: messageNames.decide, about, payload },
    unread: () => parking.requireRole(payload.by),
  });
  if (parking.examine(payload).about !== about)
    throw refusal('the question has changed since the message was sent: read status again, then decide what it shows');
  return parking.decide(payload, proof);
}
