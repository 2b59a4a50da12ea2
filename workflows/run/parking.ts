import { condition } from '@temporalio/workflow';
import { decisionEffects, type Effects } from '../../contract/decisions.ts';
import type { DecideAction, DecidePayload } from '../../contract/messages.ts';
import { askedPeople, askedRoles, holdsRole, type AskedRole, type Owners } from '../../contract/people.ts';
import type { WaitingFor } from '../../contract/status.ts';
import { slipwayCommand, temporalSignal, type TemporalEndpoint } from './commands.ts';
import { ending, messageOf } from './failures.ts';
import { now } from './journal.ts';
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
}

/** Tells which decisions a question takes, and the one that it has. */
export interface PossibleDecisions {
  actions: readonly DecideAction[];
  decided: { action: DecideAction; by: string } | null;
  /** Follows "is not possible" in a refusal. */
  place: string;
  evidence: EvidenceHint;
}

/** Names the people who decide and the endpoint that their commands go to; known once the catalog was read. */
export interface DecisionContext {
  owners: Owners;
  endpoint: TemporalEndpoint;
}

/** Describes a decision that a person has to take. */
export interface DecisionRequest {
  /** The step that waits; shown as parked. */
  step: string;
  why: string;
  actions: readonly DecideAction[];
  /** Roles of the catalog that may decide. */
  roles: readonly string[];
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

interface PendingDecision {
  request: DecisionRequest;
  decided: { action: DecideAction; by: string; said: string } | null;
}

/** Waits for a person where an outcome is unknown or the retries are used up; nothing is lost meanwhile. */
export class Parking {
  /** How the last wait for a decision ended, for people who were told of it; empty before that. */
  lastAnswer = '';
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
    const pending: PendingDecision = { request, decided: null };
    const phase = this.record.status.phase;
    this.pending = pending;
    this.show(request);
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

  /** Judges a decision; refuses what is not asked for here. */
  decide({ action, by, note, evidence }: DecidePayload): string {
    const { pending } = this;
    if (!pending) throw refusal('nothing is parked: see waitingFor in status');
    const { step, actions, roles } = pending.request;
    const { decided } = pending;
    requirePossible({ action, evidence }, { actions, decided, place: `for ${step}`, evidence: evidenceOfStep });
    if (!roles.some((role) => holdsRole(this.context().owners, role, by)))
      throw refusal(`${by} holds none of the roles that decide here: ${roles.join(', ')}`);
    pending.decided = { action, by, said: [by, note, evidence].filter((part) => part !== undefined).join(': ') };
    return `${action} of ${step} decided by ${by}`;
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

  private show({ step, why, actions, roles, effects = {} }: DecisionRequest): void {
    const { owners, endpoint } = this.context();
    const asked = askedRoles(owners, roles);
    const what = `a decision about ${step}: ${why}`;
    this.record.steps.end(step, 'parked', { error: why });
    this.record.enter('parked', waitForDecision({ what, actions, asked, endpoint, effects, evidence: evidenceOfStep }));
  }
}

/** Describes the wait for a decision, with a command for each action that is possible. */
export function waitForDecision(question: DecisionQuestion): WaitingFor {
  const { what, actions, asked, endpoint, evidence, effects = {} } = question;
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
    ...payloads.map((payload) => temporalSignal(endpoint, 'decide', payload)),
    ...choices.map(({ command }) => command),
  ];
  return { kind: 'operator', what, since: now(), until: null, who, asked, commands, choices };
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
