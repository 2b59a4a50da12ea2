import { condition, patched, sleep } from '@temporalio/workflow';
import { growingPauses } from '../../contract/growing-pauses.ts';
import { inlineOf } from '../../contract/ledger-inline.ts';
import type { LedgerDraft } from '../../contract/ledger.ts';
import { entryCount } from '../../contract/unwritten.ts';
import { reading, recording } from '../run/activities.ts';
import { isExpected, messageOf } from '../run/failures.ts';
import { now } from '../run/journal.ts';
import { takeOverEntries } from './ledger-state.ts';
import { appendEntry } from './queue.ts';
import type { EnvironmentRecord } from './record.ts';
import type { EnvironmentState } from './state.ts';

const firstPauseSeconds = 5;
const maxPauseSeconds = 300;
/** Entries that are written at one time; the activity has a time limit. */
const maxBatch = 20;

/**
 * Writes the entries of the ledger one after the other, whoever has one: each is chained to the one before. Nobody
 * waits for the store. What it does not take is kept, carried on, and written later.
 */
export class LedgerWriter {
  /** Called when the store had entries that this environment has not known. */
  onFound: (state: EnvironmentState) => Promise<void> = async () => undefined;
  private readonly record: EnvironmentRecord;
  /** False in a run of an earlier version, which waits for each entry. */
  private readonly keepsEntries = patched('ledger-in-background');
  private lastWrite: Promise<void> = Promise.resolve();

  constructor(record: EnvironmentRecord) {
    this.record = record;
  }

  /** Says whether this run needs the store for nothing but to begin; one of an earlier version waits for it. */
  get isInBackground(): boolean {
    return this.keepsEntries;
  }

  async write(state: EnvironmentState, number: number, draft: LedgerDraft): Promise<void> {
    if (this.keepsEntries) return void state.unwritten.push({ at: now(), number, draft });
    const { service, environment } = this.record.place;
    const write = this.lastWrite.then(async () => {
      const previous = state.ledger.at(-1)?.hash ?? '';
      const entry = { service, environment, at: now(), number, previous, draft };
      appendEntry(state, await reading('ledger entry').recordLedger(entry));
    });
    this.lastWrite = write.catch(() => undefined);
    await write;
  }

  /** Writes what a person's message did, and answers the trouble: it is done, so nothing is thrown. */
  async tryWrite(state: EnvironmentState, draft: LedgerDraft): Promise<string> {
    try {
      await this.write(state, state.number, draft);
      return '';
    } catch (error) {
      if (!isExpected(error)) throw error;
      const consequence = 'a restarted environment will not know of it';
      return `; this could not be written to the ledger, so ${consequence}: ${messageOf(error)}`;
    }
  }

  /** Writes whatever is unwritten, for as long as the environment lives. */
  async keepWriting(state: EnvironmentState): Promise<never> {
    let pause = growingPauses(firstPauseSeconds, maxPauseSeconds);
    for (;;) {
      await condition(() => state.unwritten.length > 0 && state.unread === null);
      try {
        await this.writeNext(state);
        pause = growingPauses(firstPauseSeconds, maxPauseSeconds);
      } catch (error) {
        if (!isExpected(error)) throw error;
        this.showTrouble(state, messageOf(error));
        await sleep(`${pause()} seconds`, { summary: 'try the store of the ledger again' });
      }
    }
  }

  private async writeNext(state: EnvironmentState): Promise<void> {
    const { service, environment } = this.record.place;
    const entries = state.unwritten.slice(0, maxBatch);
    const after = state.head ?? { position: null, hash: state.ledger.at(-1)?.hash ?? '' };
    const request = { service, environment, after, entries };
    const { written, found, head } = await recording('write the ledger').appendLedger(request);
    state.unwritten.splice(0, written.length);
    state.ledger = inlineOf([...state.ledger, ...written]);
    state.head = head;
    if (this.record.storeTrouble) this.record.note('the ledger is written again');
    this.record.storeTrouble = null;
    if (found.length > 0) {
      // Written by an environment that was terminated meanwhile, or after the point that this one was reset to.
      this.record.note(`the stored ledger has ${entryCount(found.length)} more than this environment has known`);
      takeOverEntries(state, found);
      await this.onFound(state);
    }
    this.record.publish(state);
  }

  private showTrouble(state: EnvironmentState, why: string): void {
    const { record } = this;
    if (record.storeTrouble?.why !== why) record.note(`the ledger cannot be written, and nothing waits for it: ${why}`);
    record.storeTrouble = { since: record.storeTrouble?.since ?? now(), why };
    record.publish(state);
  }
}
