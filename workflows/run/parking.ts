import { condition, workflowInfo } from '@temporalio/workflow';
import { cutLine } from '../../contract/cut-line.ts';
import { decisionEffects, type Effects } from '../../contract/decisions.ts';
import { messageNames, type DecideAction, type DecidePayload } from '../../contract/messages.ts';
import { parkedSubject } from '../../contract/message-subject.ts';
import { askedPeople, askedRoles, holdsRole, samePerson, type AskedRole } from '../../contract/people.ts';
import type { DecisionRecord, Proof } from '../../contract/proof.ts';
import { messageStatement } from '../../contract/statement.ts';
import type { DecisionSigning, WaitingFor } from '../../contract/status.ts';
import { signedSignal, slipwayCommand, temporalSignal, type TemporalEndpoint } from './commands.ts';
import { ending, messageOf } from './failures.ts';
import { now } from './journal.ts';
import type { Identity } from './identity.ts';
import { refusal } from './messages.ts';
import type { RunRecord } from './record.ts';

/** Tells people what their evidence for `markDone` has to say. */
export interface EvidenceHint {
  /** Stands in the command, to be replaced. */
  example: string;
  /** Stands in the refusal of a `markDone` without evidence. */
  request: string;
}

/** Describes a question to people whom the caller knows already; a run and an environment both ask so. */
export interface DecisionQuestion {
  what: string;
  actions: readonly DecideAction[];
  asked: AskedRole[];
  endpoint: TemporalEndpoint;
  evidence: EvidenceHint;
  effects?: Effects;
  since: string;
  /** Null where every decision is believed. */
  signing: DecisionSigning | null;
}

/** Tells which decisions a question takes, and the one that it has. */
export interface PossibleDecisions {
  actions: readonly DecideAction[];
  decided: { action: DecideAction; by: string } | null;
  /** Follows "is not possible" in a refusal. */
  place: string;
  evidence: EvidenceHint;
}

/** Names what of a run is needed to ask people; known once the catalog was read. */
type DecisionContext = Pick<Identity, 'owners' | 'endpoint' | 'temporal' | 'signers'>;

/** Describes a decision that a person has to take. */
export interface DecisionRequest {
  /** The step that waits; shown as parked. */
  step: string;
  why: string;
  actions: readonly DecideAction[];
  /** Roles of the catalog that may decide. */
  roles: readonly string[];
  /** True where it decides about the schema: such a decision is signed where approvals are, whatever it says. */
  isAboutSchema?: boolean;
  /** What the actions do here, where that is not the usual. */
  effects?: Effects;
  /** Answers why the run stops here instead of waiting: this wait is a safe point for that. Null while it waits. */
  safePoint?: () => Error | null;
  /** Answers a decision when the reason of the wait is gone. Null while it is not. */
  resolved?: () => Decision | null;
}

export interface Decision {
  decision: Exclude<DecideAction, 'abort'>;
  by: string;
  /** Who decided and what they said, for the record. */
  said: string;
}

const evidenceOfStep: EvidenceHint = {
  example: 'what was done, and how it was checked',
  request: 'what was done and how it was checked',
};

/** Decisions that overrule a check or say that something is done; they are signed where approvals are. */
const overruling: readonly DecideAction[] = ['skip', 'force', 'markDone'];
/** Decisions that the ledger keeps. */
const maxDecisions = 20;
const maxSaidLength = 600;

/** Tells what a decision that is allowed has to prove. */
export interface DecisionToProve {
  about: string;
  roles: readonly string[];
  needsSignature: boolean;
}

interface PendingDecision {
  request: DecisionRequest;
  since: string;
  decided: { action: DecideAction; by: string; said: string } | null;
}

/** Waits for a person where an outcome is unknown or the retries are used up; nothing is lost meanwhile. */
export class Parking {
  /** How the last wait for a decision ended, for people who were told of it; empty before that. */
  lastAnswer = '';
  /** The newest decisions of people, oldest first, for the ledger. */
  readonly decisions: DecisionRecord[] = [];
  private pending: PendingDecision | null = null;
  private readonly record: RunRecord;
  private readonly context: () => DecisionContext;

  constructor(record: RunRecord, context: () => DecisionContext) {
    this.record = record;
    this.context = context;
  }

  /** Tells whether this run waits for a decision of its own. */
  get waits(): boolean {
    return this.pending !== null;
  }

  /**
   * Parks a step until a person decides. An `abort` ends the run as `Aborted`; a safe point ends it with the reason of
   * that.
   */
  async ask(request: DecisionRequest): Promise<Decision> {
    const stop = request.safePoint?.();
    if (stop) throw stop;
    const pending: PendingDecision = { request, since: now(), decided: null };
    const phase = this.record.status.phase;
    this.pending = pending;
    this.show(pending);
    try {
      const decision = await this.answered(pending);
      this.lastAnswer = `${decision.decision} by ${decision.said}`;
      return decision;
    } catch (error) {
      this.lastAnswer = messageOf(error);
      throw error;
    } finally {
      // Also when a freeze or a rollback ends the wait: a late decision is about nothing.
      this.pending = null;
      this.record.enter(phase);
    }
  }

  /** Refuses a decision that is not asked for here; answers what one that is has to prove. */
  examine({ action, evidence }: DecidePayload): DecisionToProve {
    const { request, since, decided } = this.requirePending();
    const { step, actions, roles } = request;
    requirePossible({ action, evidence }, { actions, decided, place: `for ${step}`, evidence: evidenceOfStep });
    return { about: parkedSubject(step, since), roles, needsSignature: needsSignature(action, request) };
  }

  /** Refuses a person who held none of the roles when the run began. */
  requireRole(by: string): void {
    const { roles } = this.requirePending().request;
    if (!roles.some((role) => holdsRole(this.context().owners, role, by)))
      throw refusal(`${by} holds none of the roles that decide here: ${roles.join(', ')}`);
  }

  /** Takes a decision whose sender was judged; refuses what is not asked for here. */
  decide(payload: DecidePayload, proof: Proof | null = null): string {
    this.examine(payload);
    const { action, by, note, evidence } = payload;
    const pending = this.requirePending();
    const { step } = pending.request;
    const said = [by, note, evidence].filter((part) => part !== undefined).join(': ');
    pending.decided = { action, by, said };
    this.decisions.push({ at: now(), step, action, by, said: cutLine(said, maxSaidLength), ...(proof && { proof }) });
    if (this.decisions.length > maxDecisions) this.decisions.shift();
    return `${action} of ${step} decided by ${by}${proof ? ', signed' : ''}`;
  }

  private requirePending(): PendingDecision {
    if (!this.pending) throw refusal('nothing is parked: see waitingFor in status');
    return this.pending;
  }

  private async answered(pending: PendingDecision): Promise<Decision> {
    const { step, why, safePoint, resolved } = pending.request;
    let stop: Error | null = null;
    let resolution: Decision | null = null;
    await condition(() => {
      stop = safePoint?.() ?? null;
      resolution = resolved?.() ?? null;
      return pending.decided !== null || stop !== null || resolution !== null;
    });
    if (pending.decided === null && stop !== null) throw stop as Error;
    if (pending.decided === null && resolution !== null) return resolution;
    const { action, by, said } = pending.decided ?? { action: 'abort', by: '', said: '' };
    if (action === 'abort') throw ending('Aborted', `${step} was given up by ${said}; before that: ${why}`);
    return { decision: action, by, said };
  }

  private show({ request, since }: PendingDecision): void {
    const { step, why, actions, roles, effects = {} } = request;
    const { owners, endpoint, ...context } = this.context();
    const asked = askedRoles(owners, roles);
    const what = `a decision about ${step}: ${why}`;
    const signing = signingFor(context, {
      about: parkedSubject(step, since),
      actions: actions.filter((action) => needsSignature(action, request)),
      asked,
    });
    this.record.steps.end(step, 'parked', { error: why });
    const question = { what, actions, asked, endpoint, effects, evidence: evidenceOfStep, since, signing };
    this.record.enter('parked', waitForDecision(question));
  }
}

/** Answers what people sign of a question; null where every decision is believed. */
export function signingFor(
  { temporal, signers }: Pick<DecisionContext, 'temporal' | 'signers'>,
  { about, actions, asked }: { about: string; actions: DecideAction[]; asked: readonly AskedRole[] },
): DecisionSigning | null {
  if (temporal === undefined || signers === null || actions.length === 0) return null;
  const people = askedPeople(asked);
  const keys = signers.filter(({ by }) => people.some((person) => samePerson(person, by)));
  return { temporal, about, actions, signers: keys };
}

function needsSignature(action: DecideAction, { isAboutSchema = false }: DecisionRequest): boolean {
  return isAboutSchema || overruling.includes(action);
}

/** Describes the wait for a decision, with a command for each action that is possible. */
export function waitForDecision(question: DecisionQuestion): WaitingFor {
  const { what, actions, asked, endpoint, evidence, effects = {}, since, signing } = question;
  const who = askedPeople(asked);
  const payloads = actions.map((action) => ({
    action,
    by: who[0] ?? '',
    ...(action === 'markDone' && { evidence: evidence.example }),
  }));
  const choices = payloads.map((payload) => ({
    action: payload.action,
    effect: effects[payload.action] ?? decisionEffects[payload.action],
    command: slipwayCommand('decide', payload),
  }));
  const commands = [
    ...payloads.map((payload) =>
      signing?.actions.includes(payload.action)
        ? signedSignal(endpoint, 'decide', payload, decisionText(signing, payload))
        : temporalSignal(endpoint, 'decide', payload),
    ),
    ...choices.map(({ command }) => command),
  ];
  return { kind: 'operator', what, since, until: null, who, asked, commands, choices, ...(signing && { signing }) };
}

/** Writes what somebody signs who decides. */
function decisionText({ temporal, about }: DecisionSigning, says: { by: string }): string {
  const { workflowId } = workflowInfo();
  return messageStatement({
    temporal,
    workflowId,
    message: messageNames.decide,
    about,
    says: { ...says },
    by: says.by,
  });
}

/** Refuses a decision that is late, not among those possible, or without the evidence that it needs. */
export function requirePossible(
  { action, evidence: given }: Pick<DecidePayload, 'action' | 'evidence'>,
  { actions, decided, place, evidence }: PossibleDecisions,
): void {
  if (decided) throw refusal(`decided already: ${decided.action} by ${decided.by}`);
  if (!actions.includes(action)) throw refusal(`${action} is not possible ${place}; possible: ${actions.join(', ')}`);
  if (action === 'markDone' && !given)
    throw refusal(`markDone needs evidence: say in its field evidence ${evidence.request}`);
}
