import { environmentWorkflowId, stopWorkflowId } from '../../contract/ids.ts';
import { messageNames, type DecideAction, type MessageName } from '../../contract/message-names.ts';
import type { IncidentStatus } from '../../contract/incident/status.ts';
import {
  incidentSubjectOf,
  isSignedIncidentMessage,
  parkedEnvironment,
  parkedSubject,
  subjectOf,
  type SignedMessage,
} from '../../contract/message-subject.ts';
import type { MessagePayloads } from '../../contract/messages.ts';
import { keysOf } from '../../contract/people.ts';
import type { Signer } from '../../contract/catalog/approval-policy.ts';
import { messageStatement } from '../../contract/statement.ts';
import type { EnvironmentName } from '../api/environment-name.ts';
import type { RunReport } from '../api/run-report.ts';
import type { SlipwayClient } from '../api/slipway-client.ts';
import type { Session } from '../cli/session.ts';
import { cleanLine } from '../cli/text.ts';
import { refuseToSign, requireInstallation } from './refuse-to-sign.ts';
import { signText } from './signing.ts';

/** What a person signs who sends a message that is no approval. */
export interface MessageToSign {
  temporal: string;
  workflowId: string;
  message: MessageName;
  about: string;
  signers: readonly Signer[];
}

type Payload = object & { by: string; signature?: string | undefined };

/**
 * Answers what a person signs who decides; null where the run believes the decision. Throws a CommandError where that
 * is not the run that was named and the question that it shows.
 */
export function decisionToSign(
  run: string,
  waitingFor: RunReport['waitingFor'],
  action: DecideAction,
): MessageToSign | null {
  const signing = waitingFor !== null && 'signing' in waitingFor ? waitingFor.signing : undefined;
  if (!waitingFor || !signing?.actions.includes(action)) return null;
  // A release forwards it to the run that asks, which judges it under its own id.
  const workflowId = waitingFor.child ?? run;
  if (workflowId !== run && !workflowId.startsWith(stopWorkflowId(run, '')))
    throw refuseToSign(`the run that was named is ${run}`, workflowId);
  const { what, since } = waitingFor;
  const [step = '', ...rest] = signing.about.split(',');
  const isShown = what.includes(`a decision about ${step}: `) || step === parkedEnvironment;
  if (!isShown || [step, ...rest].join(',') !== parkedSubject(step, since ?? ''))
    throw refuseToSign(`the run shows ${what}, since ${since}`, signing.about);
  return { ...signing, workflowId, message: messageNames.decide };
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
  return signMessage(session, slipway, { ...signing, workflowId, message, about }, payload, file);
}

/** Signs a message to an incident where that asks for it. Throws a CommandError when nothing can sign. */
export async function signForIncident<Sent extends Payload>(
  session: Session,
  slipway: SlipwayClient,
  { run, message, file }: { run: string; message: MessageName; file: string | undefined },
  payload: Sent,
): Promise<Sent> {
  if (!isSignedIncidentMessage(message)) return payload;
  const report = await slipway.status(run);
  if (report.stale) return payload;
  const status = report as unknown as IncidentStatus;
  const about = incidentSubjectOf(message, status, payload);
  if (!status.signing || about === null) return payload;
  return signMessage(session, slipway, { ...status.signing, workflowId: run, message, about }, payload, file);
}

/** Signs a person's message. Throws a CommandError when it is for another installation, or nothing can sign. */
export async function signMessage<Sent extends Payload>(
  session: Session,
  slipway: SlipwayClient,
  { signers, ...message }: MessageToSign,
  payload: Sent,
  file: string | undefined,
): Promise<Sent> {
  await requireInstallation(slipway, message.temporal);
  const { by } = payload;
  const text = messageStatement({ ...message, says: { ...payload }, by });
  session.output.note(cleanLine(`signing as ${by}: ${message.message}, ${message.about}, of ${message.workflowId}`));
  const signature = await signText(session, text, { by, keys: keysOf(signers, by), file });
  return { ...payload, signature };
}
