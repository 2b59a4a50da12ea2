import type { LedgerDraft } from '../../contract/ledger.ts';
import { reading } from '../run/activities.ts';
import { isExpected, messageOf } from '../run/failures.ts';
import { now } from '../run/journal.ts';
import { appendEntry } from './queue.ts';
import type { EnvironmentRecord } from './record.ts';
import type { EnvironmentState } from './state.ts';

/** Writes one entry after the other, whoever asks: each is chained to the one before. */
export class LedgerWriter {
  private readonly record: EnvironmentRecord;
  private lastWrite: Promise<void> = Promise.resolve();

  constructor(record: EnvironmentRecord) {
    this.record = record;
  }

  async write(state: EnvironmentState, number: number, draft: LedgerDraft): Promise<void> {
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
}
