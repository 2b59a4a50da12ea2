import {
  allHandlersFinished,
  CancellationScope,
  condition,
  continueAsNew,
  defineQuery,
  defineUpdate,
  isCancellation,
  patched,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import type { CatalogEntry } from '../contract/catalog/catalog.ts';
import type { EnvironmentStatus, JoinAnswer, JoinRequest, LeaveRequest, LedgerDraft } from '../contract/environment.ts';
import { environmentWorkflowId } from '../contract/ids.ts';
import { environmentInput } from '../contract/inputs.ts';
import {
  breakLockPayload,
  decidePayload,
  freezePayload,
  internalNames,
  liftPayload,
  messageNames,
  queryNames,
  unfreezePayload,
} from '../contract/messages.ts';
import { lookups, reading, watching } from './run/activities.ts';
import type { Reach } from './run/commands.ts';
import { ending, messageOf } from './run/failures.ts';
import { EnvironmentFreezes, signalRun, watchFreezes } from './environment/freezes.ts';
import { EnvironmentParking } from './environment/parking.ts';
import { EnvironmentRecord } from './environment/record.ts';
import { inputOf } from './run/input.ts';
import { listen, refusal } from './run/messages.ts';
import { holdsRole, peopleOf } from '../contract/people.ts';
import {
  depart,
  freshState,
  grantNext,
  grantOf,
  hold,
  isGrantable,
  join,
  mustYield,
  remember,
  type EnvironmentState,
} from './environment/queue.ts';
import { now } from './run/record.ts';
import { UncleanEnds, type LookingPlace } from './environment/abandoned-holders.ts';

const nothingReleased = { commit: '', digest: '', revision: '', plan: '', migrations: [], verified: false };

/**
 * One environment's queue, fence, freezes, holds and ledger. Started by the runs that join it; lives on by
 * continue-as-new. Whoever holds it is followed, so that a run that was terminated does not hold it for ever.
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
  private known: { entry: CatalogEntry; reach: Reach } | null = null;
  private readonly parking = new EnvironmentParking(this.record);
  private readonly freezes = new EnvironmentFreezes(this.record, (draft) =>
    this.write(this.opened(), '', this.opened().number, { ...nothingReleased, ...draft }),
  );
  private readonly uncleanEnds = new UncleanEnds(
    this.record,
    () => this.place,
    (change, number, draft) => this.write(this.opened(), change, number, draft),
  );
  /** The ledger entry that is being written. */
  private written: Promise<void> = Promise.resolve();
  /** Number of the holder that was asked to yield. */
  private preempted: number | null = null;

  /** Handlers first: whatever arrives before the state is known waits for it. */
  listen(): void {
    setHandler(defineQuery<EnvironmentStatus>(queryNames.status), () => this.record.describe(this.state), {
      description: 'Who holds the environment, who waits, freezes, holds and the ledger',
    });
    setHandler(defineUpdate<JoinAnswer, [JoinRequest]>(internalNames.join), async (request) => this.join(request));
    setHandler(defineUpdate<{ number: number } | null, [LeaveRequest]>(internalNames.leave), async (request) =>
      this.leave(request),
    );
    listen(
      this.record,
      messageNames.freeze,
      freezePayload,
      'Nobody may release here: {"by": "you@example.com", "reason": "why", "until": "2026-03-01T18:00:00Z"}',
      ({ by, reason, until }) =>
        this.operate(by, `frozen by ${by}: ${reason}`, (state) =>
          this.freezes.freeze(state, { by, reason, since: now(), until: until ?? null }),
        ),
    );
    listen(
      this.record,
      messageNames.unfreeze,
      unfreezePayload,
      'Ends a freeze: {"by": "you@example.com", "reason": "why"}',
      ({ by, reason }) =>
        this.operate(by, `unfrozen by ${by}: ${reason}`, (state) => this.freezes.unfreeze(state, { by, reason })),
    );
    listen(
      this.record,
      messageNames.lift,
      liftPayload,
      'Lifts a hold: {"by": "you@example.com", "reason": "why", "digest": "sha256:…"}; without a digest all holds',
      ({ by, reason, digest }) =>
        this.operate(by, `hold lifted by ${by}: ${reason}`, (state) => this.lift(state, by, reason, digest)),
    );
    listen(
      this.record,
      messageNames.breakLock,
      breakLockPayload,
      'Takes the environment from its holder after looking at the target first: {"by": "you@example.com", "reason": "why"}',
      ({ by, reason }) =>
        this.operate(by, `lock broken by ${by}: ${reason}`, (state) => this.uncleanEnds.breakLock(state, by, reason)),
    );
    listen(
      this.record,
      messageNames.decide,
      decidePayload,
      'Decides what is parked here: {"action": "retry", "by": "you@example.com"}',
      async (payload) => {
        await this.authorize(payload.by);
        return this.parking.decide(payload);
      },
    );
  }

  async open(raw: unknown): Promise<void> {
    const { service, environment: name, carried } = inputOf(environmentInput, raw);
    const id = environmentWorkflowId(service, name);
    if (workflowInfo().workflowId !== id)
      throw ending('InvalidInput', `an environment's workflow id is ${id}, not ${workflowInfo().workflowId}`);
    const { entry, searchAttributes, address, namespace } = await lookups.resolve({ service, environment: name });
    this.known = { entry, reach: { address, namespace } };
    this.record.placed(
      {
        service,
        environment: name,
        reach: { address, namespace },
        operators: peopleOf(entry.owners, entry.settings.operators),
      },
      searchAttributes,
    );
    if (carried) {
      this.state = carried as EnvironmentState;
      Object.assign(this.record.refused, this.state.refused);
    } else {
      await this.readStored(service, name);
    }
    this.record.publish(this.opened());
  }

  /**
   * A ledger that is not whole is not gone on from silently: an entry of its own says so, and what was wrong is said
   * only once.
   */
  private async readStored(service: string, name: string): Promise<void> {
    const opened = await this.parking.insist(
      'its stored ledger and the recorded fence',
      this.place,
      () => reading('stored ledger and recorded fence').loadEnvironment({ service, environment: name }),
      ['retry'],
    );
    if ('said' in opened) throw new ReferenceError('nobody can say what the ledger is');
    const { ledger, highestNumber, forgotten, problems = [] } = opened.found;
    const state = freshState(ledger, highestNumber, forgotten ?? null);
    this.state = state;
    if (problems.length === 0) return;
    const outcome = `the stored ledger is not whole: ${problems.join('; ')}`;
    this.record.note(outcome);
    await this.write(state, '', state.number, {
      ...nothingReleased,
      kind: 'unclean',
      outcome,
      by: 'the environment',
      reason: '',
      accepts: problems,
    });
  }

  /** Follows one holder after the other until the history is long enough to begin a new one. */
  async keep(): Promise<never> {
    const state = this.opened();
    if (state.window === undefined && this.place.entry.settings.freezes) await this.freezes.windowsAnew(state);
    void watchFreezes(state, this.record);
    await this.uncleanEnds.takeOver(state);
    for (;;) {
      await this.somethingToDo(state);
      if (workflowInfo().continueAsNewSuggested) return this.beginAnew(state);
      if (grantNext(state, now())) await this.ring(state);
      this.record.publish(state);
      await this.followHolder(state);
    }
  }

  /** A holder to follow, a ticket to grant, or the end of a freeze that tickets wait for. */
  private async somethingToDo(state: EnvironmentState): Promise<void> {
    const ready = () => state.holder !== null || isGrantable(state, now()) || workflowInfo().continueAsNewSuggested;
    const until = state.freeze?.until;
    if (until && state.queue.length > 0 && !state.watched)
      await condition(ready, Math.max(1, Date.parse(until) - Date.now()), { summary: 'the freeze ends' });
    else await condition(() => ready() || (!state.watched && state.freeze?.until !== until && state.queue.length > 0));
  }

  private async followHolder(state: EnvironmentState): Promise<void> {
    const { holder } = state;
    if (!holder) return;
    const gone = () => state.holder?.number !== holder.number || workflowInfo().continueAsNewSuggested;
    const broken = () => state.broken?.number === holder.number;
    if (state.broken && broken()) return this.uncleanEnds.afterBrokenLock(state, state.broken.why);
    if (mustYield(state)) await this.preempt(state);
    const scope = new CancellationScope();
    let closed: string | null = null;
    const followed = scope
      .run(() =>
        watching(`follow ${holder.kind} ${holder.change}`).followHolder({
          workflowId: holder.workflowId,
          firstExecutionRunId: holder.firstExecutionRunId,
        }),
      )
      .then(({ status }) => {
        closed = status;
      })
      .catch((error: unknown) => {
        if (!isCancellation(error)) closed = messageOf(error);
      });
    await condition(
      () => gone() || closed !== null || broken() || (mustYield(state) && this.preempted !== holder.number),
    );
    if (mustYield(state) && closed === null) await this.preempt(state);
    if (closed !== null && !broken() && state.holder?.number === holder.number)
      await this.uncleanEnds.afterUncleanEnd(
        state,
        `${holder.kind} ${holder.change} ended without leaving: ${String(closed)}`,
      );
    scope.cancel();
    await followed;
  }

  /** Tells the new holder, which asks again before it mutates. A run that is gone is noticed by following it. */
  private async ring(state: EnvironmentState): Promise<void> {
    if (state.holder) await signalRun(this.record, state.holder.workflowId, internalNames.granted);
  }

  /**
   * Asks the holder to stop at its next safe point; it hands over what it found and does not restore (invariant I6).
   */
  private async preempt({ holder, queue }: EnvironmentState): Promise<void> {
    const by = queue.find(({ kind }) => kind === 'rollback');
    if (!holder || !by || this.preempted === holder.number) return;
    this.preempted = holder.number;
    this.record.note(`${holder.kind} ${holder.change} is asked to yield to rollback ${by.change}`);
    await signalRun(this.record, holder.workflowId, internalNames.preempt, {
      change: by.change,
      by: by.owner,
      reason: by.reason,
    });
  }

  private async join(request: JoinRequest): Promise<JoinAnswer> {
    await condition(() => this.state !== null);
    const state = this.opened();
    // The catalog was edited since, or has windows for the first time.
    if (request.windows !== undefined && request.windows !== (state.windows ?? ''))
      await this.freezes.windowsAnew(state);
    const answer = join(state, request, now());
    this.record.publish(state);
    return answer;
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
      remember(
        state,
        await reading('ledger entry').recordLedger({
          service,
          environment: name,
          change,
          at: now(),
          number,
          previous,
          draft,
        }),
      );
    });
    this.written = written.catch(() => undefined);
    await written;
  }

  private async lift(state: EnvironmentState, by: string, reason: string, digest: string | undefined): Promise<void> {
    const lifted = state.holds.filter((one) => digest === undefined || one.digest === digest);
    if (lifted.length === 0)
      throw refusal(digest === undefined ? 'nothing is on hold here' : `${digest} is not on hold here`);
    state.holds = state.holds.filter((one) => !lifted.includes(one));
    for (const one of lifted) {
      await this.write(state, one.change, state.number, {
        ...nothingReleased,
        kind: 'lift',
        outcome: 'hold lifted',
        commit: one.commit,
        digest: one.digest,
        by,
        reason,
      });
    }
  }

  /** Messages of operators that change the environment. */
  private async operate(by: string, said: string, change: (state: EnvironmentState) => unknown): Promise<string> {
    await condition(() => this.state !== null);
    await this.authorize(by);
    const state = this.opened();
    const more = await change(state);
    const answer = `${said}${typeof more === 'string' ? more : ''}`;
    this.record.note(answer);
    this.record.publish(state);
    return answer;
  }

  /** The catalog says who the operators are. */
  private async authorize(by: string): Promise<void> {
    await condition(() => this.known !== null);
    const { owners, settings } = await this.catalogNow();
    if (!settings.operators.some((role) => holdsRole(owners, role, by)))
      throw refusal(`${by} holds none of the roles that operate this environment: ${settings.operators.join(', ')}`);
  }

  /**
   * The catalog as it is now: a role may have been taken away since the environment began. One that cannot be read
   * takes nothing away.
   */
  private async catalogNow(): Promise<CatalogEntry> {
    const { entry } = this.place;
    if (!patched('operators-as-the-catalog-says-now')) return entry;
    try {
      return (await lookups.resolve({ service: entry.service, environment: entry.environment })).entry;
    } catch (error) {
      this.record.note(`the catalog cannot be read, so what it said last counts: ${messageOf(error)}`);
      return entry;
    }
  }

  private get place(): LookingPlace {
    if (!this.known) throw new ReferenceError('the catalog entry is not known yet');
    return { ...this.known, parking: this.parking };
  }

  private opened(): EnvironmentState {
    if (!this.state) throw new ReferenceError('the environment is not open yet');
    return this.state;
  }

  private async beginAnew(state: EnvironmentState): Promise<never> {
    await condition(allHandlersFinished);
    const { service, environment: name } = this.record.place;
    return continueAsNew({ service, environment: name, carried: { ...state, refused: this.record.refused } });
  }
}

/** A rollback's entry has the artifact that it brought back, and holds the one that it left. */
function withHold(entry: LedgerDraft, { digest, commit, reason }: NonNullable<LeaveRequest['hold']>): LedgerDraft {
  return { ...entry, hold: reason, ...(digest !== entry.digest && { held: { digest, commit } }) };
}
