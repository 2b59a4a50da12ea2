import {
  allHandlersFinished,
  CancellationScope,
  condition,
  continueAsNew,
  defineQuery,
  defineUpdate,
  getExternalWorkflowHandle,
  isCancellation,
  patched,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import type { CatalogEntry } from '../contract/catalog.ts';
import type { EnvironmentStatus, Freeze, FrozenMessage, JoinAnswer, JoinRequest, LeaveRequest, LedgerDraft } from '../contract/environment.ts';
import { changeId, environmentWorkflowId } from '../contract/ids.ts';
import { environmentInput, parseInput } from '../contract/inputs.ts';
import type { ChangeKind } from '../contract/plan.ts';
import { breakLockPayload, freezePayload, internalNames, liftPayload, messageNames, queryNames, unfreezePayload } from '../contract/messages.ts';
import { describeProblems } from '../contract/failures.ts';
import { following, lookups, reading, watching } from './lib/activities.ts';
import { ending, messageOf } from './lib/ending.ts';
import { EnvironmentRecord } from './lib/environmentRecord.ts';
import { listen, refusal } from './lib/messages.ts';
import { holdsRole } from '../contract/people.ts';
import { currentFreeze, depart, freshState, grantNext, grantOf, hold, isFrozen, isGrantable, join, mustYield, remember, type EnvironmentState } from './lib/queue.ts';
import { now } from './lib/record.ts';
import { describeFreeze } from './lib/stopping.ts';

const nothingReleased = { commit: '', digest: '', revision: '', plan: '', migrations: [], verified: false };

/** A freeze stops these; a rollback passes it, and a migration alone is brought to its end. */
const releasing: readonly string[] = ['deploy', 'promote'] satisfies ChangeKind[];

/**
 * One environment's queue, fence, freezes, holds and ledger. Started by the runs that join it; lives on by continue-as-new. Whoever holds it is
 * followed, so that a run that was terminated does not hold it for ever.
 */
export async function environment(raw: unknown): Promise<never> {
  const keeper = new EnvironmentKeeper();
  keeper.listen();
  await keeper.open(raw);
  return keeper.keep();
}

class EnvironmentKeeper {
  private readonly record = new EnvironmentRecord();
  private state: EnvironmentState | null = null;
  private entry: CatalogEntry | null = null;
  /** The ledger entry that is being written. */
  private written: Promise<void> = Promise.resolve();
  /** Number of the holder that was asked to yield. */
  private preempted: number | null = null;

  /** Handlers first: whatever arrives before the state is known waits for it. */
  listen(): void {
    setHandler(defineQuery<EnvironmentStatus>(queryNames.status), () => this.record.describe(this.state), { description: 'Who holds the environment, who waits, freezes, holds and the ledger' });
    setHandler(defineUpdate<JoinAnswer, [JoinRequest]>(internalNames.join), async (request) => this.whenOpen((state) => join(state, request, now())));
    setHandler(defineUpdate<{ number: number } | null, [LeaveRequest]>(internalNames.leave), async (request) => this.leave(request));
    listen(this.record, messageNames.freeze, freezePayload, 'Nobody may release here: {"by": "you@example.com", "reason": "why", "until": "2026-03-01T18:00:00Z"}', ({ by, reason, until }) =>
      this.operate(by, `frozen by ${by}: ${reason}`, (state) => this.setFreeze(state, { by, reason, since: now(), until: until ?? null }, { kind: 'freeze', by, reason })),
    );
    listen(this.record, messageNames.unfreeze, unfreezePayload, 'Ends a freeze: {"by": "you@example.com", "reason": "why"}', ({ by, reason }) =>
      this.operate(by, `unfrozen by ${by}: ${reason}`, (state) => this.setFreeze(state, null, { kind: 'unfreeze', by, reason })),
    );
    listen(this.record, messageNames.lift, liftPayload, 'Lifts a hold: {"by": "you@example.com", "reason": "why", "digest": "sha256:…"}; without a digest all holds', ({ by, reason, digest }) =>
      this.operate(by, `hold lifted by ${by}: ${reason}`, (state) => this.lift(state, by, reason, digest)),
    );
    listen(this.record, messageNames.breakLock, breakLockPayload, 'Takes the environment from its holder after looking at the target first: {"by": "you@example.com", "reason": "why"}', ({ by, reason }) =>
      this.operate(by, `lock broken by ${by}: ${reason}`, (state) => this.breakLock(state)),
    );
  }

  async open(raw: unknown): Promise<void> {
    const parsed = parseInput(environmentInput, raw);
    if ('problems' in parsed) throw ending('InvalidInput', describeProblems(parsed.problems));
    const { service, environment: name, carried } = parsed.input;
    const id = environmentWorkflowId(service, name);
    if (workflowInfo().workflowId !== id) throw ending('InvalidInput', `an environment's workflow id is ${id}, not ${workflowInfo().workflowId}`);
    const { entry, searchAttributes } = await lookups.resolve({ service, environment: name });
    this.entry = entry;
    this.record.placed(service, name, searchAttributes);
    if (carried) {
      this.state = carried as EnvironmentState;
      Object.assign(this.record.refused, this.state.refused);
    } else {
      const opened = await reading('stored ledger and recorded fence').openEnvironment({ service, environment: name });
      this.state = freshState(opened.ledger, opened.highestNumber);
    }
    this.record.publish(this.state);
  }

  /** Follows one holder after the other until the history is long enough to begin a new one. */
  async keep(): Promise<never> {
    const state = this.opened();
    void this.watchFreezes(state);
    await this.takeOver(state);
    for (;;) {
      await this.somethingToDo(state);
      if (workflowInfo().continueAsNewSuggested) return this.beginAnew(state);
      if (grantNext(state, now())) await this.ring(state);
      this.record.publish(state);
      await this.followHolder(state);
    }
  }

  /**
   * Whoever held the environment before this one was started is forgotten and may still be at work: from here on its writes are refused at the
   * target, and what it set going (an execution, an operation) is waited for before anybody is granted anything.
   */
  private async takeOver(state: EnvironmentState): Promise<void> {
    const { entry } = this;
    if (!state.unsettled || !entry) return;
    state.number += 1;
    const marker = { change: changeId(workflowInfo().firstExecutionRunId), step: 'take-over', attempt: 1, fence: { number: state.number, sequence: 0 } };
    await following('refuse writes of a former holder').takeOver({ entry, marker });
    await following('look first: what is still going on?').lookFirst({ entry });
    state.unsettled = false;
  }

  /** A holder to follow, a ticket to grant, or the end of a freeze that tickets wait for. */
  private async somethingToDo(state: EnvironmentState): Promise<void> {
    const ready = () => state.holder !== null || isGrantable(state, now()) || workflowInfo().continueAsNewSuggested;
    const until = state.freeze?.until;
    if (until && state.queue.length > 0 && !state.watched) await condition(ready, Math.max(1, Date.parse(until) - Date.now()), { summary: 'the freeze ends' });
    else await condition(() => ready() || (!state.watched && state.freeze?.until !== until && state.queue.length > 0));
  }

  private async followHolder(state: EnvironmentState): Promise<void> {
    const { holder } = state;
    if (!holder) return;
    const gone = () => state.holder?.number !== holder.number || workflowInfo().continueAsNewSuggested;
    if (mustYield(state)) await this.preempt(state);
    const scope = new CancellationScope();
    let closed: string | null = null;
    const followed = scope
      .run(() => watching(`follow ${holder.kind} ${holder.change}`).followHolder({ workflowId: holder.workflowId, firstExecutionRunId: holder.firstExecutionRunId }))
      .then(({ status }) => {
        closed = status;
      })
      .catch((error: unknown) => {
        if (!isCancellation(error)) closed = messageOf(error);
      });
    await condition(() => gone() || closed !== null || (mustYield(state) && this.preempted !== holder.number));
    if (mustYield(state) && closed === null) await this.preempt(state);
    if (closed !== null && state.holder?.number === holder.number) await this.afterUncleanEnd(state, `${holder.kind} ${holder.change} ended without leaving: ${String(closed)}`);
    scope.cancel();
    await followed;
  }

  /** A holder that did not say what it did: nothing is granted before the target is quiet and its state is on record. */
  private async afterUncleanEnd(state: EnvironmentState, why: string): Promise<void> {
    const { holder } = state;
    if (!holder || !this.entry) return;
    this.record.note(why);
    const live = await following('look first: what is still going on?').lookFirst({ entry: this.entry });
    const serving = live.serving[0];
    await this.write(state, holder.change, holder.number, {
      kind: 'unclean',
      outcome: why,
      commit: serving?.commit ?? '',
      digest: serving?.digest ?? '',
      revision: serving?.revision ?? '',
      plan: '',
      by: holder.owner,
      reason: holder.reason,
      migrations: [],
      verified: false,
    });
    if (state.holder?.number === holder.number) state.holder = null;
  }

  private async breakLock(state: EnvironmentState): Promise<void> {
    const { holder } = state;
    if (!holder) throw refusal('nobody holds the environment');
    await this.afterUncleanEnd(state, `lock of ${holder.kind} ${holder.change} broken`);
  }

  /** Tells the new holder, which asks again before it mutates. A run that is gone is noticed by following it. */
  private async ring(state: EnvironmentState): Promise<void> {
    if (state.holder) await this.signal(state.holder.workflowId, internalNames.granted);
  }

  /** Who froze and unfroze stands in the ledger, from which a fresh environment knows it again. */
  private async setFreeze(state: EnvironmentState, freeze: Freeze | null, said: { kind: 'freeze' | 'unfreeze'; by: string; reason: string }): Promise<void> {
    if (!freeze && !isFrozen(state, now())) throw refusal('it is not frozen');
    state.freeze = freeze;
    state.watched ??= patched('runs-hear-of-freezes');
    if (!state.watched) return;
    await this.tellOfFreeze(state);
    await this.write(state, '', state.number, { ...said, outcome: freeze ? describeFreeze(freeze) : `unfrozen by ${said.by}`, until: freeze?.until, ...nothingReleased });
  }

  /** The holder takes back what it has staged and gives way; those who wait look anew at what they wait for. */
  private async tellOfFreeze(state: EnvironmentState): Promise<void> {
    const freeze = currentFreeze(state, now());
    const { holder, told } = state;
    const stops = holder !== null && (releasing.includes(holder.kind) || holder.number === told?.number);
    const hears = stops && (freeze ? freeze.since !== told?.since : holder.number === told?.number);
    if (hears) {
      state.told = freeze && { number: holder.number, since: freeze.since };
      this.record.note(`${holder.kind} ${holder.change} is told: ${freeze ? describeFreeze(freeze) : 'the freeze is over'}`);
      await this.signal(holder.workflowId, internalNames.frozen, { number: holder.number, freeze } satisfies FrozenMessage);
    }
    for (const { workflowId } of state.queue.filter(({ kind }) => kind !== 'rollback')) await this.signal(workflowId, internalNames.granted);
  }

  /** A freeze that ends by itself: those who wait, and the holder that was told of it, hear of that, too. */
  private async watchFreezes(state: EnvironmentState): Promise<void> {
    const ends = () => (state.watched ? (currentFreeze(state, now())?.until ?? null) : null);
    for (;;) {
      await condition(() => ends() !== null);
      const until = ends();
      if (until === null) continue;
      const changed = await condition(() => state.freeze?.until !== until, Math.max(1, Date.parse(until) - Date.now()), { summary: 'the freeze ends' });
      if (changed) continue;
      await this.tellOfFreeze(state);
      this.record.publish(state);
    }
  }

  /** Tells a run; one that is gone is noticed by following it. */
  private async signal(workflowId: string, name: string, ...args: unknown[]): Promise<void> {
    await getExternalWorkflowHandle(workflowId)
      .signal(name, ...args)
      .catch((error: unknown) => this.record.note(`could not tell ${workflowId}: ${messageOf(error)}`));
  }

  /** Asks the holder to stop at its next safe point; it hands over what it found and does not restore (invariant I6). */
  private async preempt({ holder, queue }: EnvironmentState): Promise<void> {
    const by = queue.find(({ kind }) => kind === 'rollback');
    if (!holder || !by || this.preempted === holder.number) return;
    this.preempted = holder.number;
    this.record.note(`${holder.kind} ${holder.change} is asked to yield to rollback ${by.change}`);
    await this.signal(holder.workflowId, internalNames.preempt, { change: by.change, by: by.owner, reason: by.reason });
  }

  private async leave({ change, entry, hold: held, handOver }: LeaveRequest): Promise<{ number: number } | null> {
    await condition(() => this.state !== null);
    const state = this.opened();
    const grant = grantOf(state, change);
    if (grant && entry) await this.write(state, change, grant.number, held ? withHold(entry, held) : entry);
    if (grant && held) hold(state, { ...held, change, since: now() });
    // What one change found goes to the next; it is done with when that one leaves.
    if (grant) state.handOver = handOver ?? null;
    depart(state, change);
    this.record.publish(state);
    return grant ? { number: grant.number } : null;
  }

  /** One entry after the other, whoever writes: each is chained to the one before. */
  private async write(state: EnvironmentState, change: string, number: number, draft: LedgerDraft): Promise<void> {
    const { service, environment: name } = this.record.place;
    const written = this.written.then(async () => {
      const previous = state.ledger.at(-1)?.hash ?? '';
      remember(state, await reading('ledger entry').recordLedger({ service, environment: name, change, at: now(), number, previous, draft }));
    });
    this.written = written.catch(() => undefined);
    await written;
  }

  private async lift(state: EnvironmentState, by: string, reason: string, digest: string | undefined): Promise<void> {
    const lifted = state.holds.filter((one) => digest === undefined || one.digest === digest);
    if (lifted.length === 0) throw refusal(digest === undefined ? 'nothing is on hold here' : `${digest} is not on hold here`);
    state.holds = state.holds.filter((one) => !lifted.includes(one));
    for (const one of lifted) {
      await this.write(state, one.change, state.number, { ...nothingReleased, kind: 'lift', outcome: 'hold lifted', commit: one.commit, digest: one.digest, by, reason });
    }
  }

  /** Messages of operators: the catalog says who they are. */
  private async operate(by: string, said: string, change: (state: EnvironmentState) => unknown): Promise<string> {
    await condition(() => this.state !== null && this.entry !== null);
    const state = this.opened();
    const { operators } = this.entry?.place ?? { operators: [] };
    if (!operators.some((role) => holdsRole(this.entry?.owners ?? {}, role, by))) throw refusal(`${by} holds none of the roles that operate this environment: ${operators.join(', ')}`);
    await change(state);
    this.record.note(said);
    this.record.publish(state);
    return said;
  }

  private async whenOpen<T>(answer: (state: EnvironmentState) => T): Promise<T> {
    await condition(() => this.state !== null);
    const result = answer(this.opened());
    this.record.publish(this.opened());
    return result;
  }

  private opened(): EnvironmentState {
    if (!this.state) throw new ReferenceError('the environment is not open yet');
    return this.state;
  }

  private async beginAnew(state: EnvironmentState): Promise<never> {
    await condition(allHandlersFinished);
    return continueAsNew({ ...this.record.place, carried: { ...state, refused: this.record.refused } });
  }
}

/** A rollback's entry has the artifact that it brought back, and holds the one that it left. */
function withHold(entry: LedgerDraft, { digest, commit, reason }: NonNullable<LeaveRequest['hold']>): LedgerDraft {
  return { ...entry, hold: reason, ...(digest !== entry.digest && { held: { digest, commit } }) };
}
