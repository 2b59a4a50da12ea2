import { verifying } from '../run/activities.ts';
import { messageOf } from '../run/failures.ts';
import { refusal } from '../run/messages.ts';
import type { SignatureToVerify } from './approvals.ts';

/** Verifies the signature of a message. One that cannot be verified does not count (invariant I10). */
export async function verifySignature(toVerify: SignatureToVerify): Promise<void> {
  const { refused } = await verifying(`signature of ${toVerify.statement.by.slice(0, 100)}`)
    .checkSignature(toVerify)
    .catch((error: unknown) => {
      throw refusal(`the signature could not be verified, send the message again later: ${messageOf(error)}`);
    });
  if (refused !== null) throw refusal(refused);
}
