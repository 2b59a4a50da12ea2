import { condition } from '@temporalio/workflow';
import type { DecideAction, DecidePayload } from '../../contract/messages.ts';
import { holdsRole, peopleOf, type Owners } from '../../contract/people.ts';
import { slipwayCommand, temporalSignal, type TemporalEndpoint } from './commands.ts';
import { ending } from './failures.ts';
import { now } from './journal.ts';
import { refusal } from './messages.ts';
import type { RunRecord } from './record.ts';

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

interface PendingDecision {
  request: DecisionRequest;
  decided: { action: DecideAction; by: string; said: string } | null;
}

/** Waits for a person where an outcome is unknown or the retries are used up; nothing is lost meanwhile. */
export class Parking {
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
      return await this.answered(pending);
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
    if (pending.decided) throw refusal(`decided already: ${pending.decided.action} by ${pending.decided.by}`);
    if (!actions.includes(action))
      throw refusal(`${action} is not possible for ${step}; possible: ${actions.join(', ')}`);
    if (action === 'markDone' && !evidence)
      throw refusal('markDone needs evidence: say in its field evidence what was done and how it was checked');
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

  private show({ step, why, actions, roles }: DecisionRequest): void {
    const { owners, endpoint } = this.context();
    const who = peopleOf(owners, roles);
    const payloads = actions.map((action) => ({ action, by: who[0] ?? '', ...evidenceFor(action) }));
    this.record.steps.end(step, 'parked', { error: why });
    this.record.enter('parked', {
      kind: 'operator',
      what: `a decision about ${step}: ${why}`,
      since: now(),
      until: null,
      who,
      commands: [
        ...payloads.map((payload) => temporalSignal(endpoint, 'decide', payload)),
        ...payloads.map((payload) => slipwayCommand('decide', payload)),
      ],
    });
  }
}

/** Answers what a person must say with an action, as something to replace. */
function evidenceFor(action: DecideAction): { evidence?: string } {
  return action === 'markDone' ? { evidence: 'what was done, and how it was checked' } : {};
}
