import { canonicalJson } from '../../catalog/canonical-json.ts';
import type { LedgerHead } from '../../contract/ledger-memory.ts';
import type { LedgerEntry } from '../../contract/ledger.ts';
import { passingFailure } from '../failure.ts';
import { chained } from '../ledger-chain.ts';
import type { AppendedEntries, KnownHead, LedgerPlace, TextStore, UnwrittenEntry } from '../ports/ledger.ts';
import { ledgerNames } from './names.ts';
import { parseEntry, readable, readEntries, readFirstPart, readSummary } from './read.ts';

/** Entries of somebody else that are answered at one time. */
const maxFound = 50;

/**
 * Writes entries behind the one that the environment knows as the last, each only where there is none. Where another
 * one is, nothing more is written, and those are answered: the environment takes them over and tries again behind them.
 */
export async function append(
  store: TextStore,
  place: LedgerPlace,
  known: KnownHead,
  entries: readonly UnwrittenEntry[],
): Promise<AppendedEntries> {
  let head = await confirmHead(store, place, known);
  const written: LedgerEntry[] = [];
  for (const { at, number, draft } of entries) {
    const position = head.position + 1;
    const entry = chained({ ...draft, at, number, position, previous: head.hash });
    const name = ledgerNames(place).entry(position);
    if (!(await store.create(name, canonicalJson(entry)))) {
      const there = parseEntry((await store.read(name)) ?? '');
      if (there?.hash !== entry.hash) return { written, ...(await foundBehind(store, place, head)) };
    }
    written.push(entry);
    head = { position, hash: entry.hash };
  }
  return { written, found: [], head };
}

/** Reads what somebody else has written behind a place in the ledger. */
async function foundBehind(
  store: TextStore,
  place: LedgerPlace,
  head: LedgerHead,
): Promise<Omit<AppendedEntries, 'written'>> {
  const stored = await readEntries(store, place, { after: head.position, limit: maxFound });
  const found = readable(stored);
  return { found, head: { position: stored.at(-1)?.position ?? head.position, hash: found.at(-1)?.hash ?? head.hash } };
}

/**
 * Finds the place of the last entry that an environment knows. A store without it is another one, such as a folder of
 * another machine: an entry that is written there splits the ledger.
 */
async function confirmHead(store: TextStore, place: LedgerPlace, { position, hash }: KnownHead): Promise<LedgerHead> {
  if (position === 0 || (position === null && hash === '')) return { position: 0, hash: '' };
  if (position !== null && (await store.read(ledgerNames(place).entry(position))) !== null) return { position, hash };
  const { head } = await readSummary(store, place);
  if (head.hash === hash) return head;
  const firstPart = await readFirstPart(store, place);
  const index = firstPart.findIndex((entry) => entry.hash === hash);
  if (index >= 0) return { position: index + 1, hash };
  const stored = await readEntries(store, place, { after: firstPart.length });
  const found = stored.find(({ entry }) => entry !== null && typeof entry !== 'string' && entry.hash === hash);
  if (found) return { position: found.position, hash };
  throw passingFailure(
    `${store.name} does not have the last entry of this ledger${position === null ? '' : `, entry ${position}`} ` +
      `(hash ${hash.slice(0, 12)}): does this worker keep ledgers where the others do?`,
  );
}
