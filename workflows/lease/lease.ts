import { CancellationScope, condition, patched, sleep, workflowInfo } from '@temporalio/workflow';
import {
  bellNames,
  type BellName,
  type CallerBell,
  type EnvironmentLease,
  type HolderLease,
} from '../../contract/bells.ts';
import type { CatalogEntry } from '../../contract/catalog/catalog.ts';
import {
  heedsFreezes,
  isRollbackClass,
  type Grant,
  type HandOver,
  type HolderKind,
  type JoinAnswer,
  type JoinRequest,
  type LeaveRequest,
} from '../../contract/environment.ts';
import type { Marker } from '../../contract/fence.ts';
import { growingPauses } from '../../contract/growing-pauses.ts';
import { environmentWorkflowId } from '../../contract/ids.ts';
import { peopleOf } from '../../contract/people.ts';
import { awaiting, reading, sayingFarewell } from '../run/activities.ts';
import { slipwayCommand } from '../run/commands.ts';
import { ending, isExpected, messageOf } from '../run/failures.ts';
import { now } from '../run/journal.ts';
import { refusal } from '../run/messages.ts';
import { platformWait } from '../run/platform-wait.ts';
import type { Run } from '../run/run.ts';
import { step } from '../run/step.ts';
import type { Interruption } from './interruption.ts';
import { describeQueueWait } from './waiting.ts';

/** Between tries to leave that the environment refused. */
const firstPauseSeconds = 5;
const maxPauseSeconds = 300;
const firstWaitSeconds = 60;
const maxWaitSeconds = 3600;

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
  /** True while it waits for a grant: its turn may be announced before the answer to `join` is here. */
  private isWaiting = false;
  /** Beginning of the freeze that the status shows while it waits. */
  private shownFreeze: string | undefined;
  private hasRung = false;
  private lastAnswer: Promise<EnvironmentLease | null> = Promise.resolve(null);

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
      detail: ({ number }) => `holder number ${number} of this environment`,
    });
    this.number = grant.number;
    this.received = grant.handOver;
  }

  /**
   * Gives the environment back without a word in the ledger: nothing was changed, and the run comes back. What a
   * preempted holder had handed over goes on to whoever is next.
   */
  async giveBack(): Promise<void> {
    await this.leave({ change: this.run.id, entry: null, handOver: this.received });
    this.number = null;
  }

  /**
   * Leaves the environment with what stands in the ledger from here on; also while the run is being cancelled. Ends as
   * `Preempted` when the environment was taken from the run meanwhile.
   */
  async finish(request: Omit<LeaveRequest, 'change'>): Promise<void> {
    if (!this.hasTicket) return;
    const { handOver = this.received } = request;
    const leave = () => this.leaveUntilHeard({ change: this.run.id, ...request, handOver });
    const left = await CancellationScope.nonCancellable(() => step(this.run, 'ledger', leave));
    this.hasTicket = false;
    if (left === null && this.number !== null)
      throw ending('Preempted', 'the environment was taken from this run: its ledger has no entry of it');
  }

  /** Begins anew after the environment was left for a freeze: the next pass joins again. */
  reset(): void {
    this.number = null;
    this.received = null;
    this.hasTicket = false;
    this.interruption.clearFreeze();
  }

  /** Hears a bell of an environment; throws when that environment does not bear it out (ADR 0018). */
  async hear(name: BellName, from: string): Promise<void> {
    const { service, environment } = this.entry;
    if (from !== environmentWorkflowId(service, environment))
      throw refusal('the message names another environment than that of this run');
    // One question after the other: a late answer must not undo what a newer one said.
    const answer = this.lastAnswer.then(() => this.askEnvironment());
    this.lastAnswer = answer.catch(() => null);
    const lease = await answer;
    if (!lease || !this.heed(name, lease)) throw refusal('the environment does not confirm the message');
  }

  /** Asks until the environment answers or the run is over: what it has to say must not get lost. */
  private async askEnvironment(): Promise<EnvironmentLease | null> {
    const { service, environment } = this.entry;
    const { record } = this.run;
    while (record.status.outcome === null) {
      try {
        return await reading('ask the environment that sent the message').askEnvironment({ service, environment });
      } catch (error) {
        if (!isExpected(error)) throw error;
        record.note(`the environment sent a message, but does not answer: ${messageOf(error)}`);
      }
    }
    return null;
  }

  /** Heeds what the environment says. Answers false when it says nothing of what was rung for. */
  private heed(name: BellName, { holder, rollback, freeze }: EnvironmentLease): boolean {
    const isHolder = holder?.change === this.run.id;
    if (name === bellNames.granted) {
      const isOtherFreeze = !isRollbackClass(this.kind) && this.shownFreeze !== freeze?.since;
      const isNews = this.isWaiting && (isHolder || isOtherFreeze);
      this.hasRung ||= isNews;
      return isNews;
    }
    if (!isHolder || holder.number !== this.number) return false;
    const isStopped = heedsFreezes(this.kind) && !holder.passesFreezes;
    const change = this.interruption.update({ rollback, freeze: isStopped ? freeze : null });
    if (change) this.run.record.note(change);
    const { preemptedBy, frozenBy } = this.interruption;
    return change !== null || (name === bellNames.preempt ? preemptedBy !== null : frozenBy !== null);
  }

  /**
   * Joins and waits to be told. Any client can ring, so the environment itself is asked again; also after a while
   * without a bell, since an environment that was terminated has forgotten its queue.
   */
  private async waitForGrant(request: LeaseRequest, judge: (answer: JoinAnswer) => void): Promise<Grant> {
    this.wanted = { joins: this.joinRequest(request), leaves: null };
    this.isWaiting = true;
    try {
      return await this.askUntilGranted(judge);
    } finally {
      this.isWaiting = false;
      this.wanted = { joins: null, leaves: null };
    }
  }

  private async askUntilGranted(judge: (answer: JoinAnswer) => void): Promise<Grant> {
    const { service, environment } = this.entry;
    const pause = growingPauses(firstWaitSeconds, maxWaitSeconds);
    for (;;) {
      const answer = await awaiting('join the queue').join({ service, environment, caller: ownIds() });
      judge(answer);
      if (answer.grant) return answer.grant;
      this.shownFreeze = answer.freeze?.since;
      this.run.record.enter('queued', describeQueueWait(this.place, answer));
      await condition(() => this.hasRung, `${pause()} seconds`, { summary: 'ask the environment again' });
      this.hasRung = false;
    }
  }

  private joinRequest({ requestedBy, reason, commit, digest }: LeaseRequest): JoinRequest {
    const { freezes } = this.entry.settings;
    return {
      change: this.run.id,
      kind: this.kind,
      ...ownIds(),
      owner: requestedBy,
      reason,
      commit,
      digest,
      windows: freezes ? JSON.stringify(freezes) : '',
      returning: this.run.record.steps.attemptsOf('queue') > 1,
    };
  }

  /**
   * Leaves until the environment has heard it. Nothing is left to decide by then, and what was verified must not be
   * taken back because its entry is late. Who only waited there ends without that: nothing of it is at the target, and
   * the environment finds by itself that the run is over.
   */
  private async leaveUntilHeard(request: LeaveRequest): Promise<{ number: number } | null> {
    const { record, standstill } = this.run;
    const { service, environment } = this.entry;
    const since = now();
    const pause = growingPauses(firstPauseSeconds, maxPauseSeconds);
    for (;;) {
      try {
        return await this.leave(request);
      } catch (error) {
        if (!standstill.isSaid || !isExpected(error)) throw error;
        if (this.number === null && patched('waiting-runs-end-unheard')) {
          record.note(`the environment does not hear of the end, and will find it out: ${messageOf(error)}`);
          return null;
        }
        const what = `${environmentWorkflowId(service, environment)} to hear of the end: ${messageOf(error)}`;
        record.note(`waits for ${what}`);
        record.wait(platformWait(what, since, [slipwayCommand('status', {})]));
        await sleep(`${pause()} seconds`);
        record.wait(null);
      }
    }
  }

  /** Answers the number that was left, or null when the environment knows no grant of this run. */
  private async leave(request: LeaveRequest): Promise<{ number: number } | null> {
    const { service, environment } = this.entry;
    const summary = request.entry ? 'write the ledger, free the environment' : 'give the environment back';
    this.wanted = { joins: null, leaves: request };
    try {
      const telling = this.number === null && this.run.standstill.isSaid ? sayingFarewell : awaiting;
      return await telling(summary).leave({ service, environment, caller: ownIds() });
    } finally {
      this.wanted = { joins: null, leaves: null };
    }
  }

  private get place() {
    const { service, environment, owners, settings } = this.entry;
    const operators = peopleOf(owners, settings.operators);
    return { service, environment, operators, endpoint: this.run.endpoint };
  }
}

function ownIds(): CallerBell {
  const { workflowId, firstExecutionRunId } = workflowInfo();
  return { workflowId, firstExecutionRunId };
}
