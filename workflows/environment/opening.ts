import { patched, sleep } from '@temporalio/workflow';
import type { OpenedEnvironment } from '../../activities/environments.ts';
import { growingPauses } from '../../contract/growing-pauses.ts';
import { addToSummary, emptySummary } from '../../contract/ledger-memory.ts';
import type { Marker } from '../../contract/fence.ts';
import { reading } from '../run/activities.ts';
import { isExpected, messageOf } from '../run/failures.ts';
import { now } from '../run/journal.ts';
import type { EnvironmentPlace } from './catalog.ts';
import type { EnvironmentFreezes } from './freezes.ts';
import { withUnwritten } from './ledger-state.ts';
import type { LedgerWriter } from './ledger-writer.ts';
import type { EnvironmentParking } from './parking.ts';
import type { EnvironmentRecord } from './record.ts';
import { freshState, type EnvironmentState } from './state.ts';
import { platformWait } from '../run/platform-wait.ts';

const firstPauseSeconds = 5;
const maxPauseSeconds = 60;
const whatItReads = 'its stored ledger and the recorded fence';

interface Parts {
  record: EnvironmentRecord;
  parking: EnvironmentParking;
  ledger: LedgerWriter;
  freezes: EnvironmentFreezes;
}

/**
 * Begins an environment with what its stored ledger and its target know. Where the store does not answer it begins
 * without: rollbacks go on, and others wait, since nobody knows freezes and holds.
 */
export class EnvironmentOpening {
  private readonly parts: Parts;

  constructor(parts: Parts) {
    this.parts = parts;
  }

  /** Reads what is stored, and hands the state over as soon as there is one. */
  async open(findPlace: () => Promise<EnvironmentPlace>, begin: (state: EnvironmentState) => void): Promise<void> {
    const { parking, freezes, record } = this.parts;
    // Before the first local activity: a patch may not follow one in the same task.
    const waitsOut = patched('opening-waits-out');
    const place = await findPlace();
    const opened = await (waitsOut
      ? this.loadUntilDone()
      : parking.retryUntilDone(whatItReads, place, () => this.load({})));
    const { ledger, head = null, unread = null, highestNumber, lastWrite = null, orphanedWrite, problems } = opened;
    const memory = opened.memory ?? addToSummary(emptySummary, ledger).memory;
    const since = now();
    if (unread !== null) record.note(`its stored ledger cannot be read: ${unread}`);
    const state = freshState({
      ...{ ledger, memory, head, highestNumber, orphanedWrite },
      unread: unread === null ? null : { since, why: unread, lastWrite },
    });
    begin(state);
    await this.recordProblems(state, place, problems);
    if (place.entry.settings.freezes) await freezes.refreshWindows(state);
  }

  /** Reads the ledger of an environment that began without, as soon as the store answers. */
  async readLater(state: EnvironmentState): Promise<void> {
    const pause = growingPauses(firstPauseSeconds, maxPauseSeconds);
    for (;;) {
      await sleep(`${pause()} seconds`, { summary: 'read the stored ledger again' });
      const { unread } = state;
      if (!unread) return;
      const opened = await this.tryToLoad({ lastWrite: unread.lastWrite });
      if ('ledger' in opened && typeof opened.unread !== 'string') return this.takeIn(state, opened);
      const why = 'problem' in opened ? opened.problem : (opened.unread ?? '');
      state.unread = { ...unread, why };
      this.parts.record.publish(state);
    }
  }

  /** Puts what was stored below what has happened since the environment began. */
  private async takeIn(state: EnvironmentState, opened: OpenedEnvironment): Promise<void> {
    const { record, freezes, ledger } = this.parts;
    const { memory = emptySummary.memory, head = null, orphanedWrite, problems } = opened;
    if (orphanedWrite) state.unwritten.unshift(unknownEnd(orphanedWrite));
    const number = Math.max(state.number, opened.highestNumber);
    Object.assign(state, withUnwritten({ ...memory, number }, state.unwritten));
    Object.assign(state, { ledger: opened.ledger, head, unread: null });
    record.note('its stored ledger was read');
    if (problems.length > 0) await ledger.write(state, state.number, damage(problems));
    await freezes.announceFreeze(state);
    record.publish(state);
  }

  /** Waits as long as nobody answers: an outage leaves nothing to decide (ADR 0045). */
  private async loadUntilDone(): Promise<OpenedEnvironment> {
    const { record } = this.parts;
    const since = now();
    const waitFor = (what: string) => record.blockedBy(platformWait(what, since));
    waitFor(whatItReads);
    const pause = growingPauses(firstPauseSeconds, maxPauseSeconds);
    for (;;) {
      const opened = await this.tryToLoad();
      if ('ledger' in opened) {
        record.blockedBy(null);
        return opened;
      }
      const what = `${whatItReads}, which cannot be read: ${opened.problem}`;
      record.note(`waits for ${what}`);
      waitFor(what);
      await sleep(`${pause()} seconds`, { summary: 'read the stored ledger and the fence again' });
    }
  }

  private async tryToLoad(known: { lastWrite?: Marker | null } = {}): Promise<OpenedEnvironment | { problem: string }> {
    try {
      return await this.load(known);
    } catch (error) {
      if (!isExpected(error)) throw error;
      return { problem: messageOf(error) };
    }
  }

  private load(known: { lastWrite?: Marker | null }): Promise<OpenedEnvironment> {
    const { service, environment } = this.parts.record.place;
    const goesOnUnread = this.parts.ledger.isInBackground;
    const request = { service, environment, ...(goesOnUnread && { goesOnUnread, ...known }) };
    return reading('stored ledger and recorded fence').loadEnvironment(request);
  }

  /** Writes that the stored ledger is not whole, once. */
  private async recordProblems(state: EnvironmentState, place: EnvironmentPlace, problems: string[]): Promise<void> {
    if (problems.length === 0) return;
    const { record, parking, ledger } = this.parts;
    const draft = damage(problems);
    record.note(draft.outcome);
    await parking.retryUntilDone('its ledger to be written', place, () => ledger.write(state, state.number, draft));
  }
}

/** Makes the entry about a stored ledger that is not whole. */
function damage(problems: string[]) {
  const outcome = `the stored ledger is damaged: ${problems.join('; ')}`;
  const draft = { kind: 'unclean', outcome, by: 'the environment', reason: '', change: null } as const;
  return { ...draft, serves: 'unchanged' as const, accepts: problems };
}

/** Makes the entry of a change that held the environment before, and whose end is in no ledger. */
function unknownEnd({ change, step, fence }: Marker): EnvironmentState['unwritten'][number] {
  const outcome = `the environment was terminated while change ${change} held it; its last write was ${step}`;
  const draft = { kind: 'unclean' as const, outcome, by: 'not known', reason: '', change };
  return { at: now(), number: fence.number, draft: { ...draft, accepts: [], serves: 'unknown' } };
}
