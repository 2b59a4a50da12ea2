import { defineQuery, setCurrentDetails, setHandler } from '@temporalio/workflow';
import { freezerOf, type EnvironmentSigning, type EnvironmentStatus } from '../../contract/environment.ts';
import { lastKnownGood, runningRevision } from '../../contract/ledger.ts';
import { ledgerOf } from './ledger-state.ts';
import { queryNames } from '../../contract/messages.ts';
import type { RefusedSummary, TimelineEntry, WaitingFor } from '../../contract/status.ts';
import { unfreezeCommands, type OperatedPlace } from '../run/commands.ts';
import type { RefusalRecord } from '../run/messages.ts';
import { Journal, now } from '../run/journal.ts';
import { platformWait } from '../run/platform-wait.ts';
import { publishAttributes, publishMemo } from '../run/publication.ts';
import { describeEnvironment } from './details.ts';
import { currentFreeze, isBefore, isFrozen, stopsAt, waitsFor } from './queue.ts';
import type { EnvironmentState } from './state.ts';

/** Names an environment, its Temporal server and its operators; the last two come from the catalog. */
interface Place extends OperatedPlace {
  operators: string[];
  /** What operators sign; absent where their messages are believed. */
  signing?: EnvironmentSigning;
}

/** Keeps what people see of an environment: status, timeline, details, memo and search attributes. */
export class EnvironmentRecord implements RefusalRecord {
  /** Called with each state that is shown, and a moment that has come; who tells people of it listens here. */
  onPublish: (state: EnvironmentState, at: string) => void = () => undefined;
  /** Called when it begins to wait for an operator, and when that is over, with the answer. */
  onWait: (waitingFor: WaitingFor | null, answer: string) => void = () => undefined;
  place: Place = { service: '', environment: '', endpoint: { address: '', namespace: '' }, operators: [] };
  /** Since when and why the store does not take the ledger; null while it does. */
  storeTrouble: { since: string; why: string } | null = null;
  private readonly journal = new Journal();
  private knownAttributes: readonly string[] = [];
  private publishedPhase = '';
  private state: EnvironmentState | null = null;
  private blocked: WaitingFor | null = null;
  /** Changes of the state that are being made. */
  private unfinished = 0;
  /** What was shown meanwhile. */
  private unheard: { state: EnvironmentState; at: string } | null = null;

  constructor() {
    setHandler(defineQuery<TimelineEntry[]>(queryNames.timeline), () => this.journal.timeline, {
      description: 'What happened here lately, in order',
    });
  }

  get refused(): RefusedSummary {
    return this.journal.refused;
  }

  setPlace(place: Place, knownAttributes: readonly string[]): void {
    this.place = place;
    this.knownAttributes = knownAttributes;
  }

  /** Resumes the count and the list of refusals of the run before. */
  resume(refused: RefusedSummary): void {
    Object.assign(this.refused, refused);
  }

  refuse(message: string, by: string, reason: string): void {
    this.journal.refuse(message, by, reason);
  }

  /** Shows what the environment waits for before it can go on; null when that is over, with an operator's answer. */
  blockedBy(blocked: WaitingFor | null, answer = ''): void {
    const isPhase = blocked?.kind === 'operator' || this.blocked?.kind === 'operator';
    this.blocked = blocked;
    if (isPhase) this.onWait(blocked?.kind === 'operator' ? blocked : null, answer);
    if (isPhase) this.publishStatus(this.describe(this.state));
    else setCurrentDetails(describeEnvironment(this.describe(this.state)));
  }

  note(what: string): void {
    this.journal.note(what);
  }

  describe(state: EnvironmentState | null): EnvironmentStatus {
    const {
      number = 0,
      holder = null,
      queue = [],
      window = null,
      holds = [],
      disabledTraffic = [],
      drift = null,
      unwritten = [],
    } = state ?? {};
    const ledger = state ? ledgerOf(state) : [];
    const { service, environment, signing } = this.place;
    const freeze = state && currentFreeze(state, now());
    const tickets = state ? queue.map((ticket) => ({ ...ticket, waitsFor: waitsFor(state, ticket, now()) })) : [];
    return {
      service,
      environment,
      isOpen: state !== null && state.unread === null,
      phase: this.blocked?.kind === 'operator' ? 'parked' : phaseOf(state),
      number,
      runs: runningRevision(ledger),
      lastKnownGood: lastKnownGood(ledger),
      holder,
      queue: tickets,
      freeze,
      stops: state ? stopsAt(state, now()) : [],
      nextFreeze: window && isBefore(now(), window.since) ? window : null,
      holds,
      disabledTraffic,
      drift,
      ledger,
      unwritten: this.storeTrouble && { count: unwritten.length, ...this.storeTrouble },
      waitingFor: this.blocked ?? waitingOf(this.place, state),
      refused: this.refused,
      ...(signing && { signing }),
    };
  }

  /**
   * Publishes the details each time, memo and attributes only with a new phase, since each is an event. `reached` is
   * the moment of a timer that has rung: a query may run what follows it at an earlier time than a replay does.
   */
  publish(state: EnvironmentState, reached = now()): void {
    this.state = state;
    this.publishStatus(this.describe(state));
    this.unheard = { state, at: isBefore(now(), reached) ? reached : now() };
    this.letHear();
  }

  /** Makes a change that is told when it is whole: with its ledger entry, behind the activity that writes that. */
  async makeWhole<T>(change: () => T | Promise<T>): Promise<T> {
    this.unfinished += 1;
    try {
      return await change();
    } finally {
      this.unfinished -= 1;
      this.letHear();
    }
  }

  private letHear(): void {
    const { unheard } = this;
    if (this.unfinished > 0 || unheard === null) return;
    this.unheard = null;
    this.onPublish(unheard.state, unheard.at);
  }

  private publishStatus(status: EnvironmentStatus): void {
    setCurrentDetails(describeEnvironment(status));
    if (status.phase === this.publishedPhase) return;
    this.publishedPhase = status.phase;
    publishMemo(status.phase, status.waitingFor);
    const values = {
      SlipwayService: status.service,
      SlipwayEnvironment: status.environment,
      SlipwayPhase: status.phase,
    };
    publishAttributes(values, this.knownAttributes);
  }
}

function phaseOf(state: EnvironmentState | null): EnvironmentStatus['phase'] {
  if (state?.holder) return 'held';
  return state && isFrozen(state, now()) ? 'frozen' : 'free';
}

function waitingOf(
  { service, environment, endpoint, operators }: Place,
  state: EnvironmentState | null,
): WaitingFor | null {
  if (state?.unread) {
    const { since, why } = state.unread;
    const what = `its stored ledger, which cannot be read: ${why}; only rollbacks and the like go on without it`;
    return platformWait(what, since);
  }
  const freeze = state && !state.holder ? currentFreeze(state, now()) : null;
  if (!freeze) return null;
  const { reason, scope, since, until } = freeze;
  return {
    kind: 'freeze',
    what: `the end of the freeze${scope ? ` of ${freezerOf(freeze)}` : ''}: ${reason}`,
    since,
    until,
    who: operators,
    commands: unfreezeCommands({ service, environment, operators, endpoint }, freeze),
  };
}
