import { environmentWorkflowId } from '../../contract/ids.ts';
import { messageNames, type MessageName } from '../../contract/message-names.ts';
import { subjectOf, type SignedMessage } from '../../contract/message-subject.ts';
import type { DecidePayload, MessagePayloads } from '../../contract/messages.ts';
import { keysOf } from '../../contract/people.ts';
import type { Signer } from '../../contract/catalog/approval-policy.ts';
import { messageStatement } from '../../contract/statement.ts';
import type { EnvironmentName } from '../api/environment-name.ts';
import type { SlipwayClient } from '../api/slipway-client.ts';
import type { Session } from '../cli/session.ts';
import { cleanLine } from '../cli/text.ts';
import { signText } from './signing.ts';

/** What a person signs who sends a message that is no approval. */
interface MessageToSign {
  temporal: string;
  workflowId: string;
  message: MessageName;
  about: string;
  signers: readonly Signer[];
}

type Payload = object & { by: string; signature?: string | undefined };

/** Signs a decision where the run asks for that. Throws a CommandError when nothing can sign. */
export async function signDecision(
  session: Session,
  slipway: SlipwayClient,
  run: string,
  payload: DecidePayload,
  file: string | undefined,
): Promise<DecidePayload> {
  const { waitingFor } = await slipway.status(run);
  const signing = waitingFor !== null && 'signing' in waitingFor ? waitingFor.signing : undefined;
  if (!signing?.actions.includes(payload.action)) return payload;
  // A release forwards it to the run that asks, which judges it under its own id.
  const workflowId = waitingFor?.child ?? run;
  return signMessage(session, { ...signing, workflowId, message: messageNames.decide }, payload, file);
}

/**
 * Signs a message to an environment where that asks for it, and where there is something to undo. Throws a
 * CommandError when nothing can sign.
 */
export async function signForEnvironment<Name extends SignedMessage>(
  session: Session,
  slipway: SlipwayClient,
  { name, message, file }: { name: EnvironmentName; message: Name; file: string | undefined },
  payload: MessagePayloads[Name],
): Promise<MessagePayloads[Name]> {
  const report = await slipway.environment(name);
  const signing = report && !report.stale ? report.signing : undefined;
  const about = report && !report.stale ? subjectOf(message, report, payload) : null;
  if (!signing || about === null) return payload;
  const workflowId = environmentWorkflowId(name.service, name.environment);
  return signMessage(session, { ...signing, workflowId, message, about }, payload, file);
}

async function signMessage<Sent extends Payload>(
  session: Session,
  { signers, ...message }: MessageToSign,
  payload: Sent,
  file: string | undefined,
): Promise<Sent> {
  const { by } = payload;
  const text = messageStatement({ ...message, says: { ...payload }, by });
  session.output.note(cleanLine(`signing as ${by}: ${message.message}, ${message.about}, of ${message.workflowId}`));
  const signature = await signText(session, text, { by, keys: keysOf(signers, by), file });
  return { ...payload, signature };
}
