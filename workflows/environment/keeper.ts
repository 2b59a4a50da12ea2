import {
  allHandlersFinished,
  ApplicationFailure,
  condition,
  continueAsNew,
  defineQuery,
  patched,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import { leaseQuery, type EnvironmentLease } from '../../contract/bells.ts';
import type { EnvironmentStatus } from '../../contract/environment.ts';
import { environmentWorkflowId } from '../../contract/ids.ts';
import { environmentInput } from '../../contract/inputs.ts';
import { queryNames } from '../../contract/messages.ts';
import { ending, messageOf } from '../run/failures.ts';
import { parsePayload, parseStart } from '../run/messages.ts';
import { now } from '../run/journal.ts';
import { AbandonedHolders } from './holders/abandoned.ts';
import { HolderBells } from './holders/bells.ts';
import { EnvironmentCatalog } from './catalog.ts';
import { EnvironmentDrift } from './drift.ts';
import { EnvironmentFreezes } from './freezes.ts';
import { HolderWatch } from './holders/watch.ts';
import { IncidentFreezes } from './incident-freezes.ts';
import { LedgerWriter } from './ledger-writer.ts';
import { EnvironmentNotifier } from './notifier.ts';
import { EnvironmentOpening } from './opening.ts';
import { listenToOperators } from './operators.ts';
import { EnvironmentParking } from './parking.ts';
import { grantable, grantNext, leaseOf } from './queue.ts';
import { EnvironmentRecord } from './record.ts';
import { environmentState, type EnvironmentState } from './state.ts';

/** Temporal ends a run with 51 200 events; no word to people is worth that. */
const maxHistoryLength = 25_000;

/** A server lets ten updates wait by default; the others are for people who end what it waits for. */
const maxEarly = 4;

/** The answer to a message that comes while others wait already: whoever rings does it again. */
function opening(): ApplicationFailure {
  return ApplicationFailure.create({ type: 'Unknown', message: 'the environment is still opening: ask again' });
}

/** Keeps one environment: wires its parts, opens its state and grants it to one holder after the other. */
export class EnvironmentKeeper {
  private readonly record = new EnvironmentRecord();
  private readonly catalog = new EnvironmentCatalog(this.record);
  private readonly parking = new EnvironmentParking(this.record);
  private readonly ledger = new LedgerWriter(this.record);
  private readonly freezes = new EnvironmentFreezes(this.record, this.ledger);
  private readonly drift = new EnvironmentDrift(this.record, this.ledger, () => this.holders.lookSoon());
  private readonly people = new EnvironmentNotifier(this.record, this.catalog);
  private readonly abandoned: AbandonedHolders;
  private readonly holders: HolderWatch;
  private readonly incidents: IncidentFreezes;
  private readonly opening: EnvironmentOpening;
  /** Null until it is open: whatever arrives earlier waits for it. */
  private state: EnvironmentState | null = null;
  /** Holders are looked at when somebody waits for them. */
  private byLooks = false;
  /** Handlers of messages that wait until it is open. */
  private early = 0;

  constructor() {
    const { record, catalog, parking, ledger } = this;
    this.abandoned = new AbandonedHolders({ record, catalog, parking, ledger });
    const byLooks = () => this.byLooks;
    this.holders = new HolderWatch(record, this.abandoned, { isFull: () => this.isFull, byLooks });
    this.incidents = new IncidentFreezes(record, this.freezes, byLooks);
    this.opening = new EnvironmentOpening({ record, parking, ledger, freezes: this.freezes });
    ledger.onFound = (state) => this.freezes.announceFreeze(state);
  }

  /** Registers every handler, before the input is even looked at. */
  listen(): void {
    const { record, catalog, parking, ledger, freezes, drift, abandoned, incidents } = this;
    const opened = async () => this.waitUntilOpen();
    setHandler(defineQuery<EnvironmentStatus>(queryNames.status), () => record.describe(this.state), {
      description: 'Who holds the environment, who waits, freezes, holds and the ledger',
    });
    setHandler(defineQuery<EnvironmentLease>(leaseQuery), () => leaseOf(this.opened(), now()), {
      description: 'Asked by our own runs; not for people',
    });
    new HolderBells({ record, freezes, ledger, opened }).listen();
    incidents.listen(opened);
    drift.listen(opened);
    listenToOperators({ record, catalog, parking, ledger, freezes, drift, abandoned, incidents, opened });
  }

  /** Goes on with the state of the run before, or begins with what the stored ledger and the target know. */
  async open(raw: unknown): Promise<void> {
    const { service, environment, carried } = parseStart(environmentInput, raw);
    // Before the first local activity: a patch may not follow one in the same task.
    this.byLooks = patched('holders-looked-at');
    const { workflowId } = workflowInfo();
    const id = environmentWorkflowId(service, environment);
    if (workflowId !== id) throw ending('InvalidInput', `an environment's workflow id is ${id}, not ${workflowId}`);
    this.record.setPlace({ service, environment, endpoint: { address: '', namespace: '' }, operators: [] }, []);
    const state = this.resumed(carried);
    if (state) {
      this.state = state;
      this.record.resume(state.refused);
      this.catalog.openLater();
    } else
      await this.opening.open(
        () => this.catalog.open(),
        (begun) => (this.state = begun),
      );
    this.record.publish(this.opened());
  }

  /** Grants and follows, until the history is long enough to begin a new one. */
  async serve(): Promise<never> {
    const state = this.opened();
    void this.ledger.keepWriting(state);
    if (state.unread) void this.opening.readLater(state);
    void this.freezes.watch(state);
    this.incidents.resume(state);
    await this.abandoned.takeOver(state);
    for (;;) {
      await this.nextEvent(state);
      if (this.isFull) return this.continueAnew(state);
      if (grantNext(state, now())) await this.holders.notifyGranted(state);
      this.record.publish(state);
      await this.holders.follow(state);
    }
  }

  /** Waits for a holder to follow or a ticket to grant. */
  private async nextEvent(state: EnvironmentState): Promise<void> {
    await condition(() => state.holder !== null || grantable(state, now()) !== null || this.isFull);
  }

  /** Says whether a new history has to begin. What is being told would be told twice by it, so that comes first. */
  private get isFull(): boolean {
    const { continueAsNewSuggested, historyLength } = workflowInfo();
    return continueAsNewSuggested && (this.people.isIdle || historyLength > maxHistoryLength);
  }

  /** Answers the state of the run before. Only a continued run has one: anybody can pass any argument. */
  private resumed(carried: unknown): EnvironmentState | null {
    if (carried === undefined || carried === null) return null;
    if (workflowInfo().continuedFromExecutionRunId === undefined) {
      this.record.refuse('carried', '', 'this run continues no other run');
      return null;
    }
    try {
      return parsePayload(environmentState, carried);
    } catch (error) {
      this.record.refuse('carried', '', messageOf(error));
    }
    return null;
  }

  /** Waits until it is open, a few messages at a time: a server lets few updates wait, and people's are among them. */
  private async waitUntilOpen(): Promise<EnvironmentState> {
    if (this.state) return this.state;
    if (this.byLooks && this.early >= maxEarly) throw opening();
    this.early += 1;
    await condition(() => this.state !== null);
    this.early -= 1;
    return this.opened();
  }

  private opened(): EnvironmentState {
    if (!this.state) throw new ReferenceError('the environment is still starting: send the message again later');
    return this.state;
  }

  private async continueAnew(state: EnvironmentState): Promise<never> {
    await condition(allHandlersFinished);
    const { service, environment } = this.record.place;
    const carried: EnvironmentState = { ...state, refused: this.record.refused };
    return continueAsNew({ service, environment, carried });
  }
}
