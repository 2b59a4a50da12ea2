import { subjectOf, type SignedMessage } from '../../contract/message-subject.ts';
import { messageStatement, type MessageStatement } from '../../contract/statement.ts';
import type { Harness } from './harness.ts';
import { signers } from './signing.ts';
import { fakeSignature, type World } from './world.ts';

/** What an operator says to an environment. */
export interface Said {
  by: string;
  reason: string;
  digest?: string;
  until?: string;
}

/** The message with the signature of a person over what it would undo now. */
export async function signedMessage(
  harness: Harness,
  world: World,
  name: SignedMessage,
  said: Said,
  changes: Partial<MessageStatement> = {},
  key = signers.find(({ by }) => by === said.by)?.key ?? '',
): Promise<Said & { signature: string }> {
  const status = await harness.environmentStatus(world);
  const { workflowId } = harness.environment(world);
  const about = subjectOf(name, status, said) ?? '';
  const temporal = status.signing?.temporal ?? '';
  const statement = { temporal, workflowId, message: name, about, says: { ...said }, by: said.by, ...changes };
  return { ...said, signature: fakeSignature(messageStatement(statement), key) };
}
