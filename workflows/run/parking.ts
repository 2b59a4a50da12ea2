import { condition } from '@temporalio/workflow';
import type { DecideAction, DecidePayload } from '../../contract/messages.ts';
import type { Phase } from '../../contract/status.ts';
import type { CatalogEntry } from '../../contract/catalog/catalog.ts';
import { slipwayCommand, temporalSignal, type Reach } from './commands.ts';
import { refusal } from './messages.ts';
import { holdsRole, peopleOf } from '../../contract/people.ts';
import { now, type RunRecord } from './record.ts';

export interface Decision {
  action: DecideAction;
  by: string;
  note: string;
}

/** The run that parks: what it shows, and who may decide. */
interface Run {
  record: RunRecord;
  entry: CatalogEntry;
  reach: Reach;
  /** Why a step does not wait here, though it would: a rollback takes the decision over. */
  yields?(step: string, why: string): Error | null;
}

interface Parked {
  step: string;
  actions: readonly DecideAction[];
  roles: readonly string[];
  decision: Decision | null;
  interruption?: Error;
}

/** A step whose outcome is unknown or whose retries are used up waits here for a person; nothing is lost meanwhile. */
export class Parking {
  private parked: Parked | null = null;
  private readonly run: Run;

  constructor(run: Run) {
    this.run = run;
  }

  /**
   * Waits for one of these actions by a person who holds one of these roles; not where somebody else has to decide by
   * now.
   */
  async park(step: string, why: string, actions: readonly DecideAction[], roles: readonly string[]): Promise<Decision> {
    const { record, entry, reach } = this.run;
    const yields = this.run.yields?.(step, why);
    if (yields) throw yields;
    const before: Phase = record.status.phase;
    const parked: Parked = { step, actions, roles, decision: null };
    this.parked = parked;
    record.end(step, 'parked', { error: why });
    const who = peopleOf(entry.owners, roles);
    const by = who[0] ?? '';
    record.enter('parked', {
      kind: 'operator',
      what: `a decision about ${step}: ${why}`,
      since: now(),
      until: null,
      who,
      commands: [
        ...actions.map((action) => temporalSignal(reach, 'decide', { action, by, ...evidenceFor(action) })),
        ...actions.map((action) => slipwayCommand('decide', { action, by, ...evidenceFor(action) })),
      ],
    });
    try {
      await condition(() => parked.decision !== null || parked.interruption !== undefined);
      if (parked.interruption) throw parked.interruption;
    } finally {
      // Also when a freeze or a rollback ends the wait: a late decision is about nothing.
      this.parked = null;
    }
    record.enter(before);
    return parked.decision ?? { action: 'abort', by: '', note: '' };
  }

  /** Decides what is parked at this step because its reason is gone; nothing where nothing is. */
  settle(step: string, decision: Decision): void {
    if (this.parked?.step === step) this.parked.decision ??= decision;
  }

  isAt(step: string): boolean {
    return this.parked?.step === step;
  }

  /**
   * Ends the wait for a person at this step: the change is to stop here, which is a safe point although no
   * cancellation enters.
   */
  interrupt(step: string, error: Error): void {
    if (this.parked?.step === step) this.parked.interruption ??= error;
  }

  /** Whether a step of this run itself waits for a decision. */
  get waits(): boolean {
    return this.parked !== null;
  }

  /** Judges a decision; refuses what is not asked for here. */
  decide({ action, by, note, evidence }: DecidePayload): string {
    const { parked } = this;
    if (!parked) throw refusal('nothing is parked: see waitingFor in status');
    if (parked.decision) throw refusal(`decided already: ${parked.decision.action} by ${parked.decision.by}`);
    if (action === 'markDone' && !evidence)
      throw refusal('markDone needs evidence: say in its field evidence what was done and how it was checked');
    if (!parked.actions.includes(action))
      throw refusal(`${action} is not possible for ${parked.step}; possible: ${parked.actions.join(', ')}`);
    if (!parked.roles.some((role) => holdsRole(this.run.entry.owners, role, by)))
      throw refusal(`${by} holds none of the roles that decide here: ${parked.roles.join(', ')}`);
    parked.decision = { action, by, note: [note, evidence].filter((part) => part !== undefined).join('; ') };
    return `${action} of ${parked.step} decided by ${by}`;
  }
}

/** What must be said with an action, as something to replace. */
function evidenceFor(action: DecideAction): { evidence?: string } {
  return action === 'markDone' ? { evidence: 'what was done, and how it was checked' } : {};
}
