import { condition, workflowInfo } from '@temporalio/workflow';
import type { CatalogEntry } from '../../contract/catalog/catalog.ts';
import type { DecideAction, DecidePayload } from '../../contract/messages.ts';
import { peopleOf } from '../../contract/people.ts';
import { slipwayCommand, temporalSignal, type Reach } from '../run/commands.ts';
import { isExpected, isFailure, messageOf } from '../run/failures.ts';
import type { EnvironmentRecord } from './record.ts';
import { refusal } from '../run/messages.ts';
import { now } from '../run/record.ts';

interface Decided {
  action: DecideAction;
  by: string;
  evidence: string;
}

interface Asked {
  what: string;
  actions: readonly DecideAction[];
  decided: Decided | null;
}

/**
 * Looks of an environment at its target. While one goes on, status says what is waited for; when its retries are used
 * up the environment parks for an operator, instead of ending and forgetting its queue.
 */
export class EnvironmentParking {
  private asked: Asked | null = null;
  private readonly record: EnvironmentRecord;

  constructor(record: EnvironmentRecord) {
    this.record = record;
  }

  /**
   * Tries it until it succeeds; `retry` of an operator raises the attempt. Where a person may look instead,
   * `markDone` with evidence ends it as that evidence.
   */
  async insist<T>(
    what: string,
    place: { entry: CatalogEntry; reach: Reach },
    look: (attempt: number) => Promise<T>,
    actions: readonly DecideAction[] = ['retry', 'markDone'],
  ): Promise<{ found: T } | { said: string }> {
    for (let attempt = 1; ; attempt += 1) {
      this.record.blockedBy({ kind: 'platform', what, since: now(), until: null, who: [], commands: [] });
      try {
        const found = await look(attempt);
        this.record.blockedBy(null);
        return { found };
      } catch (error) {
        if (!isExpected(error) || isFailure(error, 'InvalidInput')) throw error;
        const { action, by, evidence } = await this.park(`${what}: ${messageOf(error)}`, place, actions);
        this.record.blockedBy(null);
        if (action === 'markDone') return { said: `${by} has looked: ${evidence}` };
      }
    }
  }

  /** Judges a decision that was sent to the environment; who sent it is an operator. */
  decide({ action, by, note, evidence }: DecidePayload): string {
    const { asked } = this;
    if (!asked)
      throw refusal('nothing is parked here: see waitingFor in status; a change is decided with its own workflow id');
    if (asked.decided) throw refusal(`decided already: ${asked.decided.action} by ${asked.decided.by}`);
    if (!asked.actions.includes(action))
      throw refusal(`${action} is not possible here; possible: ${asked.actions.join(', ')}`);
    if (action === 'markDone' && !evidence)
      throw refusal(
        'markDone needs evidence: say in its field evidence what you have seen at the target, and that nothing is going on there',
      );
    asked.decided = { action, by, evidence: [evidence, note].filter((part) => part !== undefined).join('; ') };
    const said = `${action} decided by ${by}`;
    this.record.note(said);
    return said;
  }

  private async park(
    why: string,
    { entry, reach }: { entry: CatalogEntry; reach: Reach },
    actions: readonly DecideAction[],
  ): Promise<Decided> {
    const asked: Asked = { what: why, actions, decided: null };
    this.asked = asked;
    const who = peopleOf(entry.owners, entry.settings.operators);
    const payloads = actions.map((action) => ({
      action,
      by: who[0] ?? '',
      ...(action === 'markDone' && { evidence: 'what was seen at the target' }),
    }));
    this.record.note(`parked: ${why}`);
    this.record.blockedBy({
      kind: 'operator',
      what: `a decision about ${why}`,
      since: now(),
      until: null,
      who,
      commands: [
        ...payloads.map((payload) => temporalSignal(reach, 'decide', payload)),
        ...payloads.map((payload) => slipwayCommand('decide', payload, workflowInfo().workflowId)),
      ],
    });
    await condition(() => asked.decided !== null);
    this.asked = null;
    return asked.decided ?? { action: 'retry', by: '', evidence: '' };
  }
}
