import { verifying } from '../run/activities.ts';
import { messageOf } from '../run/failures.ts';
import { refusal } from '../run/messages.ts';
import type { SignatureToVerify, VerifiedSignature } from './approvals.ts';

/** Verifies the signature of a message. One that cannot be verified does not count (invariant I10). */
export async function verifySignature(toVerify: SignatureToVerify): Promise<VerifiedSignature> {
  const verdict = await verifying(`signature of ${toVerify.statement.by.slice(0, 100)}`)
    .checkSignature(toVerify)
    .catch((error: unknown) => {
      throw refusal(`the signature could not be verified, send the message again later: ${messageOf(error)}`);
    });
  if (verdict.refused !== null) throw refusal(verdict.refused);
  return { ...toVerify, verified: verdict.verified };
}
