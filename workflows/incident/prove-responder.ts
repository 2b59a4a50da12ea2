import { patched, workflowInfo } from '@temporalio/workflow';
import {
  incidentSubjectOf,
  isSignedIncidentMessage,
  type SignedIncidentMessage,
} from '../../contract/message-subject.ts';
import type { SaidOfMitigation } from '../../contract/incident/meant-mitigation.ts';
import type { Severity } from '../../contract/incident/severity.ts';
import type { Proof } from '../../contract/proof.ts';
import { refusal } from '../run/messages.ts';
import { proveSender } from '../run/prove-sender.ts';
import { responderRoles, type Incident } from './incident-run.ts';

type ResponderPayload = SaidOfMitigation & {
  by: string;
  signature?: string | undefined;
  severity?: Severity | undefined;
} & Readonly<Record<string, unknown>>;

/** What is asked again once the proof is there, and where the catalog cannot be read. */
interface Requirements {
  /** Throws once the incident is over. */
  requireOpen: () => void;
  /** Throws where the sender answers for no incident, by the catalog that was read last. */
  requireRole: () => void;
}

/**
 * Verifies a responder's signature where approvals are signed, over a message that may end the incident's freeze or
 * begin a change. Answers null where nothing is proven, because the sender is believed (ADR 0049).
 */
export function proveResponder(
  incident: Incident,
  message: string,
  payload: ResponderPayload,
  requirements: Requirements,
): Promise<Proof | null> | null {
  const { signers, temporal } = incident.run.known;
  if (signers === null || temporal === undefined || !isSignedIncidentMessage(message)) return null;
  const about = incidentSubjectOf(message, incident.run.record.status, payload);
  // What an earlier version has taken was believed, and its replay believes it, too.
  if (about === null || !patched('incident-messages-signed')) return null;
  return prove(incident, { temporal, message, about, payload }, requirements);
}

interface ClaimedMessage {
  /** Names the installation. */
  temporal: string;
  message: SignedIncidentMessage;
  about: string;
  payload: ResponderPayload;
}

async function prove(
  incident: Incident,
  { temporal, message, about, payload }: ClaimedMessage,
  { requireOpen, requireRole }: Requirements,
): Promise<Proof | null> {
  const { run, entry } = incident;
  const { service, environment } = entry;
  const { workflowId } = workflowInfo();
  const proof = await proveSender({
    service,
    environment,
    roles: responderRoles(incident),
    needsSignature: true,
    wasSigned: true,
    message: { temporal, workflowId, message, about, payload },
    unread: requireRole,
  });
  requireOpen();
  if (incidentSubjectOf(message, run.record.status, payload) !== about)
    throw refusal('what the message is about has changed meanwhile: read status again, then send what is right now');
  run.record.status.signedMessages = (run.record.status.signedMessages ?? 0) + 1;
  return proof;
}
