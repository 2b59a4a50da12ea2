import { condition } from '@temporalio/workflow';
import { bellNames } from '../../contract/bells.ts';
import {
  describeFreeze,
  heedsFreezes,
  isRollbackClass,
  type Freeze,
  type FreezingIncident,
  type FrozenTime,
} from '../../contract/environment.ts';
import type { UnfreezePayload } from '../../contract/messages.ts';
import { slipwayLine } from '../../contract/shell-word.ts';
import { utcMoment } from '../../contract/utc-moment.ts';
import { reading } from '../run/activities.ts';
import { isExpected, messageOf } from '../run/failures.ts';
import { refusal } from '../run/messages.ts';
import { now } from '../run/journal.ts';
import type { Proven } from './operators.ts';
import type { LedgerWriter } from './ledger-writer.ts';
import { notifyRun } from './notify.ts';
import { currentFreeze, grantable, isBefore, isMitigation, stopsAt } from './queue.ts';
import type { EnvironmentRecord } from './record.ts';
import type { EnvironmentState } from './state.ts';

/** Keeps the freezes of an environment: those of people, and the windows of the catalog. */
export class EnvironmentFreezes {
  private readonly record: EnvironmentRecord;
  private readonly ledger: LedgerWriter;

  constructor(record: EnvironmentRecord, ledger: LedgerWriter) {
    this.record = record;
    this.ledger = ledger;
  }

  /** Freezes by a person's word. It stands in the ledger, from which a fresh environment knows it again. */
  async freeze(state: EnvironmentState, freeze: Freeze, proven: Proven = {}): Promise<string> {
    const { by, reason, scope, until } = freeze;
    if (scope === undefined) state.freeze = freeze;
    else {
      // A repeat, such as of a command that reached only some environments, is no other stop.
      if (stopsAt(state, now()).some((stop) => isSame(stop, freeze))) return '; it was already';
      state.stops = [...state.stops.filter((stop) => stop.scope !== scope), freeze];
    }
    await this.announceFreeze(state);
    const outcome = describeFreeze(freeze);
    return this.ledger.tryWrite(state, {
      ...{ kind: 'freeze', outcome, by, reason, until },
      ...(scope && { scope }),
      ...proven,
    });
  }

  /**
   * Ends what is on: a person's freeze, else a stop's part here, else this occurrence of a window; or the stop of a
   * scope. Answers what still freezes it.
   */
  async unfreeze(state: EnvironmentState, { by, reason, scope }: UnfreezePayload, proven: Proven): Promise<string> {
    const stops = stopsAt(state, now());
    const current = scope === undefined ? currentFreeze(state, now()) : stops.find((stop) => stop.scope === scope);
    // One message goes to every environment, also to those that the stop has not reached.
    if (!current && scope !== undefined) return '; no such stop was on here';
    if (!current)
      throw refusal(
        state.window
          ? `it is not frozen; the next window is ${state.window.name}, from ${utcMoment(state.window.since)}`
          : 'it is not frozen',
      );
    const incident = state.incidents.find(({ workflowId }) => workflowId === current.by);
    const isPersons = current === state.freeze || stops.includes(current);
    if (incident && !isPersons)
      throw refusal(
        `it is frozen by an incident as long as that lives: resolve it, or classify it as SEV-3, ` +
          `such as ${slipwayLine('incident classify', incident.workflowId, ['--severity SEV-3'])}`,
      );
    const window = isPersons ? null : state.window;
    if (window) await this.endWindow(state, window);
    else if (current === state.freeze) state.freeze = null;
    else state.stops = state.stops.filter((stop) => stop !== current);
    await this.announceFreeze(state);
    const still = currentFreeze(state, now());
    const unwritten = await this.ledger.tryWrite(state, {
      kind: 'unfreeze',
      outcome: window ? `${window.name} ended early by ${by}` : `unfrozen by ${by}`,
      by,
      reason,
      windowEnd: window?.until ?? null,
      ...(current.scope && { scope: current.scope }),
      ...proven,
    });
    const next = still ? `; another freeze goes on: ${describeFreeze(still)}; unfreeze again to end that one` : '';
    return `${next}${unwritten}`;
  }

  /** Begins or ends the freeze of an incident. It stands in no ledger: it ends with the incident's run. */
  async setIncident(state: EnvironmentState, workflowId: string, incident: FreezingIncident | null): Promise<void> {
    const before = JSON.stringify(currentFreeze(state, now()));
    const others = state.incidents.filter((one) => one.workflowId !== workflowId);
    state.incidents = [...others, ...(incident ? [incident] : [])];
    if (JSON.stringify(currentFreeze(state, now())) === before) return;
    this.record.note(incident ? `frozen by ${workflowId}: ${incident.reason}` : `${workflowId} freezes it no more`);
    await this.announceFreeze(state);
  }

  /** Reads the windows of the catalog again, and announces a freeze that begins or ends by that. */
  async refreshWindows(state: EnvironmentState): Promise<void> {
    const before = JSON.stringify(currentFreeze(state, now()));
    await this.lookUpWindow(state);
    if (JSON.stringify(currentFreeze(state, now())) !== before) await this.announceFreeze(state);
  }

  /** Announces freezes that begin and end by themselves. */
  async watch(state: EnvironmentState): Promise<never> {
    const times = (): string => JSON.stringify([state.freeze?.until, state.stops, state.window]);
    if (isPast(state.window)) await this.crossBoundary(state, now());
    for (;;) {
      const watched = times();
      const isChanged = () => times() !== watched;
      const boundary = nextBoundary(state);
      const wait = boundary === null ? null : Math.max(1, Date.parse(boundary) - Date.now());
      if (wait === null) await condition(isChanged);
      else if (!(await condition(isChanged, wait, { summary: 'a freeze begins or ends' })))
        await this.crossBoundary(state, boundary ?? now());
    }
  }

  private async crossBoundary(state: EnvironmentState, boundary: string): Promise<void> {
    if (isPast(state.window)) await this.lookUpWindow(state);
    await this.announceFreeze(state);
    this.record.publish(state, boundary);
  }

  private async endWindow(state: EnvironmentState, { until }: FrozenTime): Promise<void> {
    Object.assign(state, { windowEnded: until, window: null });
    await this.lookUpWindow(state);
  }

  /** Tells the holder, which takes back what it has staged and gives way, and those who wait. */
  async announceFreeze(state: EnvironmentState): Promise<void> {
    const freeze = currentFreeze(state, now());
    const { holder, announcedTo } = state;
    const wasTold = holder !== null && holder.number === announcedTo?.number;
    const isNews = freeze
      ? holder !== null && isStopped(state, holder) && (!wasTold || freeze.since !== announcedTo?.since)
      : wasTold;
    if (holder && isNews) {
      state.announcedTo = freeze && { number: holder.number, since: freeze.since };
      const what = freeze ? describeFreeze(freeze) : 'the freeze is over';
      this.record.note(`${holder.kind} ${holder.change} is told: ${what}`);
      await notifyRun(this.record, holder.workflowId, bellNames.frozen);
    }
    // Who is granted the environment by this is told of that instead.
    const next = grantable(state, now());
    const others = state.queue.filter((waiting) => waiting !== next && !isRollbackClass(waiting.kind));
    for (const { workflowId } of others) await notifyRun(this.record, workflowId, bellNames.granted);
  }

  /** Finds the window that is on, or the next one. If that fails, the last one counts until a run joins. */
  private async lookUpWindow(state: EnvironmentState): Promise<void> {
    const { service, environment } = this.record.place;
    // By our own clock it is over: another machine's may be behind.
    const past = isPast(state.window) ? (state.window?.until ?? null) : null;
    try {
      const after = past ?? state.windowEnded;
      const found = await reading('freeze windows of the catalog').nextFreeze({ service, environment, after });
      Object.assign(state, { window: found.window, windows: found.windows });
    } catch (error) {
      if (!isExpected(error)) throw error;
      state.windows = null;
      this.record.note(`the freeze windows of the catalog could not be read: ${messageOf(error)}`);
    }
  }
}

/** Says whether a freeze that begins stops this holder. */
function isStopped(state: EnvironmentState, holder: NonNullable<EnvironmentState['holder']>): boolean {
  return heedsFreezes(holder.kind) && !isMitigation(state, holder);
}

function isSame(a: Freeze, b: Freeze): boolean {
  return a.scope === b.scope && a.by === b.by && a.reason === b.reason && a.until === b.until;
}

function isPast(window: FrozenTime | null): boolean {
  return window !== null && !isBefore(now(), window.until);
}

/** Finds when the next freeze begins or ends by itself; null where none is known to. */
function nextBoundary({ freeze, stops, window }: EnvironmentState): string | null {
  const at = now();
  const moments = [freeze?.until, ...stops.map(({ until }) => until), window?.since, window?.until].filter(
    (moment): moment is string => typeof moment === 'string' && isBefore(at, moment),
  );
  return moments.sort((a, b) => Date.parse(a) - Date.parse(b))[0] ?? null;
}
