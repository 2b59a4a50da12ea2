import type { Unproven } from './approvals.ts';
import { verifying } from '../run/activities.ts';
import { messageOf } from '../run/failures.ts';
import { refusal } from '../run/messages.ts';

/**
 * Verifies the signature of a message. What cannot be verified does not count, whatever the reason is (invariant
 * I10).
 */
export async function prove(unproven: Unproven): Promise<void> {
  const { refused } = await verifying(`signature of ${unproven.statement.by.slice(0, 100)}`)
    .checkSignature(unproven)
    .catch((error: unknown) => {
      throw refusal(`the signature could not be verified, so send it again later: ${messageOf(error)}`);
    });
  if (refused !== null) throw refusal(refused);
}
