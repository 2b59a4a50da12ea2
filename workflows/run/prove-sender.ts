import { CancellationScope } from '@temporalio/workflow';
import { refusedType } from '../../contract/failures.ts';
import type { Proof } from '../../contract/proof.ts';
import { armored, messageStatement, type MessageStatement } from '../../contract/statement.ts';
import { verifying } from './activities.ts';
import { isExpected, isFailure, messageOf } from './failures.ts';
import { refusal } from './messages.ts';

/** A message that is no approval, and what its sender has to prove. */
export interface SenderToProve {
  service: string;
  environment: string;
  /** Roles of which the sender must hold one. */
  roles: readonly string[];
  /** Says that it counts only with a signature where approvals are signed. */
  needsSignature: boolean;
  /** Says that approvals are signed by the catalog that the run knows. */
  wasSigned: boolean;
  message: Omit<MessageStatement, 'says' | 'by'> & { payload: Payload };
  /** Judges the sender by the catalog that was read last, where it cannot be read now; throws what refuses them. */
  unread: () => void;
}

type Payload = { by: string; signature?: string | undefined } & Readonly<Record<string, unknown>>;

/**
 * Judges who has sent a message, by the catalog of now, and answers the proof; null where they are believed. A message
 * that has to be signed does not count while nobody can verify it (invariant I10). Another one does: a catalog that
 * cannot be read stops nobody (invariant I6).
 */
export async function proveSender(sender: SenderToProve): Promise<Proof | null> {
  const {
    unread,
    message: { payload, ...named },
    ...question
  } = sender;
  const { by, signature, ...says } = payload;
  const statement: MessageStatement = { ...named, says, by };
  const isProven = signature !== undefined || (question.needsSignature && question.wasSigned);
  const summary = `sender of ${named.message}: ${by.slice(0, 100)}`;
  try {
    // Also while the run is being cancelled: it may have parked on the way out.
    const verdict = await CancellationScope.nonCancellable(() =>
      verifying(summary).judgeMessage({ ...question, statement, ...(signature !== undefined && { signature }) }),
    );
    if ('refused' in verdict) throw refusal(verdict.refused);
    if (verdict.verified === null || signature === undefined) return null;
    return { ...verdict.verified, statement: messageStatement(statement), signature: armored(signature) ?? signature };
  } catch (error) {
    if (!isExpected(error) || isFailure(error, refusedType)) throw error;
    if (isProven) throw refusal(`it could not be verified, send the message again later: ${messageOf(error)}`);
    unread();
    return null;
  }
}
