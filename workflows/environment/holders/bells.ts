import { workflowInfo } from '@temporalio/workflow';
import type { HolderAnswer } from '../../../activities/bells.ts';
import { bellNames, type BellName, type CallerBell } from '../../../contract/bells.ts';
import type { JoinAnswer, JoinRequest, LeaveRequest } from '../../../contract/environment.ts';
import { afterSwitch } from '../../../contract/disabled-traffic.ts';
import { verifying } from '../../run/activities.ts';
import { refusal } from '../../run/messages.ts';
import { now } from '../../run/journal.ts';
import { answerBell } from '../answer-bell.ts';
import type { EnvironmentFreezes } from '../freezes.ts';
import type { LedgerWriter } from '../ledger-writer.ts';
import { addHold, grantOf, join, knowsChange, removeTicket } from '../queue.ts';
import type { EnvironmentRecord } from '../record.ts';
import type { EnvironmentState } from '../state.ts';

type Departure = { number: number } | null;
type HolderWishes = Exclude<HolderAnswer, { refused: string }>;

interface Parts {
  record: EnvironmentRecord;
  freezes: EnvironmentFreezes;
  ledger: LedgerWriter;
  /** The state, once the environment is open. */
  opened: () => Promise<EnvironmentState>;
}

/**
 * Answers the bells of runs that want the environment or give it back. Any client could ring them, so the environment
 * asks the run that a bell names, and acts on that answer only.
 */
export class HolderBells {
  private readonly parts: Parts;
  /** Changes whose departure is being written: a repeated `leave` waits for the first one. */
  private readonly leaving = new Map<string, Promise<Departure>>();

  constructor(parts: Parts) {
    this.parts = parts;
  }

  listen(): void {
    this.on<JoinAnswer>(bellNames.join, async (state, { joins }) => {
      if (!joins) throw refusal('the run that it names has not asked for the environment');
      return this.join(state, joins);
    });
    this.on<Departure>(bellNames.leave, async (state, { leaves }) => {
      if (!leaves) throw refusal('the run that it names has not given the environment back');
      return this.leave(state, leaves);
    });
  }

  private on<Answer>(name: BellName, answer: (state: EnvironmentState, wishes: HolderWishes) => Promise<Answer>): void {
    answerBell(this.parts.record, name, async (caller) => {
      const wishes = await this.ask(caller);
      return answer(await this.parts.opened(), wishes);
    });
  }

  private async ask(caller: CallerBell): Promise<HolderWishes> {
    await this.parts.opened();
    const { service, environment } = this.parts.record.place;
    const { taskQueue } = workflowInfo();
    const request = { service, environment, taskQueue, caller };
    const answer = await verifying('ask the run that sent the message').askHolder(request);
    if ('refused' in answer) throw refusal(answer.refused);
    return answer;
  }

  private async join(state: EnvironmentState, request: JoinRequest): Promise<JoinAnswer> {
    const { freezes, record } = this.parts;
    // Only on arrival: a run keeps the catalog entry that it started with, so later it would differ for ever.
    const isNew = !knowsChange(state, request.change);
    if (isNew && request.windows !== undefined && request.windows !== (state.windows ?? ''))
      await freezes.refreshWindows(state);
    const answer = join(state, request, now());
    record.publish(state);
    return answer;
  }

  private async leave(state: EnvironmentState, request: LeaveRequest): Promise<Departure> {
    const { change } = request;
    const departure = this.leaving.get(change) ?? this.depart(state, request);
    this.leaving.set(change, departure);
    try {
      return await departure;
    } finally {
      this.leaving.delete(change);
    }
  }

  private async depart(state: EnvironmentState, request: LeaveRequest): Promise<Departure> {
    const { change, entry, handOver } = request;
    const { ledger, record } = this.parts;
    const grant = grantOf(state, change);
    if (grant && entry) await ledger.write(state, grant.number, { ...entry, change });
    const repeated = state.departures.findLast((departure) => departure.change === change);
    // While its entry was written, its lock may have been broken, and the environment be somebody else's.
    const isHolder = grant !== null && state.holder?.number === grant.number;
    if (grant && entry && 'hold' in entry && entry.hold) addHold(state, { ...entry.hold, change, since: now() });
    if (grant && entry?.kind === 'switchTraffic')
      state.disabledTraffic = afterSwitch(state.disabledTraffic, { ...entry, change, at: now() });
    if (grant && entry && typeof entry.serves === 'object') state.drift = null;
    // What one change found goes to the next; it is done with when that one leaves.
    if (isHolder) state.handOver = handOver ?? null;
    if (!grant && !repeated) record.note(`${change} leaves, but does not hold the environment`);
    removeTicket(state, change);
    record.publish(state);
    return grant ? { number: grant.number } : repeated ? { number: repeated.number } : null;
  }
}
