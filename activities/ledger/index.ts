import type { Ledgers, LedgerPlace, TextStore } from '../ports/ledger.ts';
import { append } from './append.ts';
import { ledgerNames, ledgersFolder } from './names.ts';
import { checkpointText, readable, readEntries, readFirstPart, readSummary } from './read.ts';

/** An environment that opens reads at most about so many entries. */
const checkpointEvery = 50;

/** Keeps ledgers in a store of texts: one text for each entry, created only where there is none (ADR 0044). */
export function createLedgers(store: TextStore): Ledgers {
  return {
    async appendLedger(place, after, entries) {
      const appended = await append(store, place, after, entries);
      const { head, written } = appended;
      const isDue =
        Math.floor(head.position / checkpointEvery) > Math.floor((head.position - written.length) / checkpointEvery);
      // Without a checkpoint an environment that opens reads more entries, and no entry is lost.
      if (isDue) await summarize(place).catch(() => undefined);
      return appended;
    },

    summarizeLedger: summarize,

    async readLedger(place) {
      const first = await readFirstPart(store, place);
      return [...first, ...readable(await readEntries(store, place, { after: first.length }))];
    },
  };

  /** Sums a ledger up. Where much had to be read for it, the next one finds a checkpoint. */
  async function summarize(place: LedgerPlace) {
    const { read, ...summary } = await readSummary(store, place);
    const { head, memory, entries, problems } = summary;
    // One with problems is no checkpoint: the entry that accepts them comes first.
    if (read >= checkpointEvery && problems.length === 0)
      await store
        .create(ledgerNames(place).checkpoint(head.position), checkpointText({ head, memory, entries }))
        .catch(() => false);
    return summary;
  }
}

/** Lists the environments that have a ledger in a store, in the order of their names. */
export async function listLedgers(store: TextStore): Promise<LedgerPlace[]> {
  const services = (await store.list(ledgersFolder)).filter((name) => name.endsWith('/'));
  const places: LedgerPlace[] = [];
  for (const folder of services) {
    const names = await store.list(`${ledgersFolder}${folder}`);
    const environments = new Set(names.flatMap((name) => /^(.+?)(?:\/|\.jsonl)$/.exec(name)?.[1] ?? []));
    for (const environment of [...environments].sort()) places.push({ service: folder.slice(0, -1), environment });
  }
  return places;
}
