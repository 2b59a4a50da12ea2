import { CancellationScope, condition, workflowInfo } from '@temporalio/workflow';
import type { BellName, EnvironmentLease, HolderLease } from '../../contract/bells.ts';
import type { CatalogEntry } from '../../contract/catalog/catalog.ts';
import type { HandOver, HolderKind, JoinAnswer, JoinRequest, LeaveRequest } from '../../contract/environment.ts';
import type { Marker } from '../../contract/fence.ts';
import { peopleOf } from '../../contract/people.ts';
import { reading } from '../run/activities.ts';
import { isExpected, messageOf } from '../run/failures.ts';
import { refusal } from '../run/messages.ts';
import type { Run } from '../run/run.ts';
import { step } from '../run/step.ts';
import type { Interruption } from './interruption.ts';
import { describeQueueWait } from './waiting.ts';

const firstWaitSeconds = 60;
const maxWaitSeconds = 3600;

/** A freeze stops these holders; a rollback passes it, and a migration alone is brought to its end. */
const frozenKinds: readonly HolderKind[] = ['deploy', 'promote'];

/** Describes the work that a ticket is for. */
export interface LeaseRequest {
  requestedBy: string;
  reason: string;
  commit: string;
  digest: string;
}

/**
 * The right to write to one environment: its ticket, its number, the markers of its writes, and what it was handed
 * over. The holder need not be a change.
 */
export class Lease {
  private readonly run: Run;
  private readonly kind: HolderKind;
  private readonly entry: CatalogEntry;
  private readonly interruption: Interruption;
  private number: number | null = null;
  private sequence = 0;
  private received: HandOver | null = null;
  private hasTicket = false;
  /** What this run wants of its environment, which asks for it by the query `lease`. */
  private wanted: HolderLease = { joins: null, leaves: null };
  private hasRung = false;

  constructor(run: Run, kind: HolderKind, entry: CatalogEntry, interruption: Interruption) {
    this.run = run;
    this.kind = kind;
    this.entry = entry;
    this.interruption = interruption;
  }

  /** Answers the environment's query `lease`. */
  get wants(): HolderLease {
    return this.wanted;
  }

  /** Tells whether the environment may know of this run: then the run has to leave, however it ends. */
  get mayBeKnown(): boolean {
    return this.hasTicket;
  }

  /** Answers what a preempted holder found before it began; null for everybody but a rollback. */
  get handOver(): HandOver | null {
    return this.received;
  }

  /** Answers the marker of the next write: each has a higher sequence than the one before (invariant I3). */
  marker(name: string, attempt: number): Marker {
    if (this.number === null) throw new ReferenceError(`${name} writes without holding the environment`);
    this.sequence += 1;
    return { change: this.run.id, step: name, attempt, fence: { number: this.number, sequence: this.sequence } };
  }

  /** Waits in the queue until the environment is granted; a run that holds it already keeps its grant. */
  async acquire(request: LeaseRequest, judge: (answer: JoinAnswer) => void): Promise<void> {
    if (this.number !== null) return;
    this.hasTicket = true;
    const grant = await step(this.run, 'queue', () => this.waitForGrant(request, judge), {
      detail: ({ number }) => `environment number ${number}`,
    });
    this.number = grant.number;
    this.received = grant.handOver;
  }

  /** Gives the environment back without a word in the ledger: nothing was changed, and the run comes back. */
  async giveBack(): Promise<void> {
    await this.leave({ change: this.run.id, entry: null, hold: null });
    this.number = null;
  }

  /** Leaves the environment with what stands in the ledger from here on; also while the run is being cancelled. */
  async finish(request: Omit<LeaveRequest, 'change'>): Promise<void> {
    if (!this.hasTicket) return;
    const leave = () => this.leave({ change: this.run.id, ...request });
    await CancellationScope.nonCancellable(() => step(this.run, 'ledger', leave));
    this.hasTicket = false;
  }

  /** Begins anew after the environment was left for a freeze: the next pass joins again. */
  reset(): void {
    this.number = null;
    this.received = null;
    this.hasTicket = false;
    this.interruption.clearFreeze();
  }

  /** Hears a bell. Any client can ring, so the environment is asked; a bell without substance is refused. */
  async hear(bell: BellName): Promise<void> {
    if (bell === 'granted') {
      if (this.wanted.joins === null) throw refusal('this run does not wait in a queue');
      this.hasRung = true;
      return;
    }
    if (this.number === null) throw refusal('this run holds no environment');
    const change = await CancellationScope.nonCancellable(() => this.askWhatInterrupts());
    if (change === null) throw refusal('the environment does not say so');
    this.run.record.note(change);
  }

  /** Asks until the environment answers or the lease is gone: a rollback must not be missed. */
  private async askWhatInterrupts(): Promise<string | null> {
    const { number } = this;
    while (this.number === number && number !== null) {
      try {
        const { service, environment } = this.entry;
        const answer = await reading('what interrupts this run').askEnvironment({ service, environment });
        if (answer?.holder?.number !== number || this.number !== number) return null;
        return this.interruption.update(this.heeded(answer));
      } catch (error) {
        if (!isExpected(error)) throw error;
        this.run.record.note(`the environment could not be asked: ${messageOf(error)}`);
        await condition(() => this.number !== number, firstWaitSeconds * 1000, { summary: 'ask the environment again' });
      }
    }
    return null;
  }

  private heeded({ rollback, freeze }: EnvironmentLease): Pick<EnvironmentLease, 'rollback' | 'freeze'> {
    return { rollback, freeze: frozenKinds.includes(this.kind) ? freeze : null };
  }

  /**
   * Joins and waits to be told. Any client can ring, so the environment itself is asked again; also after a while
   * without a bell, since an environment that was terminated has forgotten its queue.
   */
  private async waitForGrant(request: LeaseRequest, judge: (answer: JoinAnswer) => void) {
    const { service, environment } = this.entry;
    const { workflowId, firstExecutionRunId } = workflowInfo();
    const caller = { workflowId, firstExecutionRunId };
    this.wanted = { joins: this.joinRequest(request), leaves: null };
    let shown = '';
    for (let waitSeconds = firstWaitSeconds; ; waitSeconds = Math.min(waitSeconds * 2, maxWaitSeconds)) {
      const rang = this.hasRung;
      this.hasRung = false;
      const answer = await reading('join the queue').join({ service, environment, caller });
      judge(answer);
      if (answer.grant) {
        this.wanted = { joins: null, leaves: null };
        return answer.grant;
      }
      const seen = JSON.stringify([answer.ahead, answer.freeze]);
      if (rang && seen === shown) this.run.record.refuse('granted', '', 'the environment does not say so');
      shown = seen;
      this.run.record.enter('queued', describeQueueWait(this.place, answer));
      await condition(() => this.hasRung, `${waitSeconds} seconds`, { summary: 'ask the environment again' });
    }
  }

  private joinRequest({ requestedBy, reason, commit, digest }: LeaseRequest): JoinRequest {
    const { workflowId, firstExecutionRunId } = workflowInfo();
    const { freezes } = this.entry.settings;
    return {
      change: this.run.id,
      kind: this.kind,
      workflowId,
      firstExecutionRunId,
      owner: requestedBy,
      reason,
      commit,
      digest,
      windows: freezes ? JSON.stringify(freezes) : '',
      returning: this.run.record.steps.attemptsOf('queue') > 1,
    };
  }

  private async leave(request: LeaveRequest): Promise<void> {
    const { service, environment } = this.entry;
    const { workflowId, firstExecutionRunId } = workflowInfo();
    this.wanted = { joins: null, leaves: request };
    await reading(request.entry ? 'write the ledger, free the environment' : 'give the environment back').leave({
      service,
      environment,
      caller: { workflowId, firstExecutionRunId },
    });
    this.wanted = { joins: null, leaves: null };
  }

  private get place() {
    const { service, environment, owners, settings } = this.entry;
    const operators = peopleOf(owners, settings.operators);
    return { service, environment, operators, endpoint: this.run.endpoint };
  }
}
