import { workflowInfo, type ApplicationFailure } from '@temporalio/workflow';
import { freezerOf } from '../../contract/environment.ts';
import {
  adoptPayload,
  breakLockPayload,
  decidePayload,
  freezePayload,
  liftPayload,
  messageNames,
  unfreezePayload,
  type LiftPayload,
} from '../../contract/messages.ts';
import { subjectOf, type SignedMessage } from '../../contract/message-subject.ts';
import type { Proof } from '../../contract/proof.ts';
import { onMessage, refusal } from '../run/messages.ts';
import { now } from '../run/journal.ts';
import { proveSender } from '../run/prove-sender.ts';
import type { AbandonedHolders } from './holders/abandoned.ts';
import type { EnvironmentCatalog, EnvironmentPlace } from './catalog.ts';
import type { EnvironmentDrift } from './drift.ts';
import type { EnvironmentFreezes } from './freezes.ts';
import type { IncidentFreezes } from './incident-freezes.ts';
import type { LedgerWriter } from './ledger-writer.ts';
import type { EnvironmentParking } from './parking.ts';
import type { EnvironmentRecord } from './record.ts';
import type { EnvironmentState } from './state.ts';

/** The proof of a message for its ledger entry; empty where nobody has proven who sent it. */
export type Proven = { proof?: Proof };

type OperatorPayload = { by: string; signature?: string | undefined; digest?: string | undefined } & Readonly<
  Record<string, unknown>
>;

interface Parts {
  record: EnvironmentRecord;
  catalog: EnvironmentCatalog;
  parking: EnvironmentParking;
  freezes: EnvironmentFreezes;
  drift: EnvironmentDrift;
  abandoned: AbandonedHolders;
  incidents: IncidentFreezes;
  ledger: LedgerWriter;
  /** The state, once the environment is open. */
  opened: () => Promise<EnvironmentState>;
}

/** Changes the environment for an operator; answers what to add to the reply. */
type Change = (state: EnvironmentState, proven: Proven) => string | void | Promise<string>;

/** Registers the messages of operators. */
export function listenToOperators(parts: Parts): void {
  const { record, catalog, parking, freezes, drift, abandoned } = parts;
  onMessage(
    record,
    {
      name: messageNames.freeze,
      schema: freezePayload,
      description:
        'Nobody may release here: {"by": "you@example.com", "reason": "why", "until": "2026-03-01T18:00:00Z"}',
    },
    (payload) => {
      const { by, reason, until, scope } = payload;
      const done = `frozen by ${freezerOf({ by, scope })}: ${reason}`;
      return operate(parts, messageNames.freeze, payload, done, (state, proven) =>
        freezes.freeze(state, { by, reason, since: now(), until: until ?? null, ...(scope && { scope }) }, proven),
      );
    },
  );
  onMessage(
    record,
    {
      name: messageNames.unfreeze,
      schema: unfreezePayload,
      description: 'Ends a freeze: {"by": "you@example.com", "reason": "why"}',
    },
    (payload) => {
      // One that was terminated freezes no more: what is refused now is possible in a moment.
      parts.incidents.lookSoon();
      return operate(
        parts,
        messageNames.unfreeze,
        payload,
        `unfrozen by ${payload.by}: ${payload.reason}`,
        (state, proven) => freezes.unfreeze(state, payload, proven),
      );
    },
  );
  onMessage(
    record,
    {
      name: messageNames.lift,
      schema: liftPayload,
      description:
        'Lifts a hold: {"by": "you@example.com", "reason": "why", "digest": "sha256:…"}; without a digest all holds',
    },
    (payload) =>
      operate(parts, messageNames.lift, payload, `hold lifted by ${payload.by}: ${payload.reason}`, (state, proven) =>
        lift(parts.ledger, state, payload, proven),
      ),
  );
  onMessage(
    record,
    {
      name: messageNames.adopt,
      schema: adoptPayload,
      description: 'Takes what serves for what should, though it drifted: {"by": "you@example.com", "reason": "why"}',
    },
    (payload) => {
      const { by, reason } = payload;
      return operate(parts, messageNames.adopt, payload, `drift adopted by ${by} (${reason})`, (state, proven) =>
        drift.adopt(state, { by, reason, ...proven }),
      );
    },
  );
  onMessage(
    record,
    {
      name: messageNames.breakLock,
      schema: breakLockPayload,
      description:
        'Takes the environment from its holder, after a look at the target: {"by": "you@example.com", "reason": "why"}',
    },
    (payload) => {
      const { by, reason } = payload;
      return operate(parts, messageNames.breakLock, payload, `lock broken by ${by}: ${reason}`, (state, proven) =>
        abandoned.breakLock(state, { by, reason, ...proven }),
      );
    },
  );
  onMessage(
    record,
    {
      name: messageNames.decide,
      schema: decidePayload,
      description: 'Decides what is parked here: {"action": "retry", "by": "you@example.com"}',
    },
    async (payload) => {
      const place = await catalog.requireOperator(payload.by);
      const about = parking.examine(payload);
      const isOverruling = payload.action === 'markDone';
      const proof = await prove(parts, place, {
        name: messageNames.decide,
        payload,
        about,
        needsSignature: isOverruling,
      });
      if (parking.examine(payload) !== about) throw changedMeanwhile();
      return parking.decide(payload, proof);
    },
  );
}

async function operate(
  parts: Parts,
  name: SignedMessage,
  payload: OperatorPayload,
  done: string,
  change: Change,
): Promise<string> {
  const { record, catalog, opened } = parts;
  const state = await opened();
  const place = await catalog.requireOperator(payload.by);
  const subject = () => subjectOf(name, record.describe(state), payload);
  const about = subject();
  const proof = about === null ? null : await prove(parts, place, { name, payload, about, needsSignature: true });
  if (subject() !== about) throw changedMeanwhile();
  const proven = proof ? { proof } : {};
  const answer = `${done}${proof ? ', signed' : ''}${(await record.makeWhole(() => change(state, proven))) ?? ''}`;
  record.note(answer);
  record.publish(state);
  return answer;
}

interface MessageToProve {
  name: string;
  payload: OperatorPayload;
  about: string;
  needsSignature: boolean;
}

/** Verifies an operator's signature where approvals are signed; answers null where the sender is believed. */
async function prove(
  { record }: Parts,
  { entry, temporal }: EnvironmentPlace,
  { name, payload, about, needsSignature }: MessageToProve,
): Promise<Proof | null> {
  const isSigned = entry.settings.approvals.identity === 'signed';
  if (temporal === undefined || !needsSignature || !isSigned) return null;
  const { service, environment } = record.place;
  const { workflowId } = workflowInfo();
  return proveSender({
    service,
    environment,
    roles: entry.settings.operators,
    needsSignature,
    wasSigned: isSigned,
    message: { temporal, workflowId, message: name, about, payload },
    unread: () => undefined,
  });
}

function changedMeanwhile(): ApplicationFailure {
  return refusal('what the message is about has changed meanwhile: read status again, then send what is right now');
}

async function lift(
  ledger: LedgerWriter,
  state: EnvironmentState,
  payload: LiftPayload,
  proven: Proven,
): Promise<string> {
  const { by, reason, digest } = payload;
  const lifted = state.holds.filter((one) => digest === undefined || one.digest === digest);
  if (lifted.length === 0)
    throw refusal(digest === undefined ? 'nothing is on hold here' : `${digest} is not on hold here`);
  state.holds = state.holds.filter((one) => !lifted.includes(one));
  let unwritten = '';
  for (const one of lifted) {
    // A ledger that cannot be written is tried for minutes: once is enough to say so.
    if (unwritten) break;
    const { change, commit, digest: held } = one;
    const draft = {
      kind: 'lift' as const,
      outcome: 'hold lifted',
      change,
      commit,
      digest: held,
      by,
      reason,
      ...proven,
    };
    unwritten = await ledger.tryWrite(state, draft);
  }
  return unwritten;
}
