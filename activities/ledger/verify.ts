import { canonicalJson } from '../../catalog/canonical-json.ts';
import { addToSummary, emptySummary } from '../../contract/ledger-memory.ts';
import type { LedgerEntry } from '../../contract/ledger.ts';
import { checkChain, type StoredEntry } from '../ledger-chain.ts';
import type { LedgerPlace, TextStore } from '../ports/ledger.ts';
import { ledgerNames, positionOf } from './names.ts';
import { parseCheckpoint, readable, readEntries, readFirstPart } from './read.ts';

/** A stored ledger, with every hash computed anew. */
export interface VerifiedLedger extends LedgerPlace {
  entries: number;
  /** What is missing, altered, or does not follow; empty if the ledger is whole. */
  problems: string[];
  /** Problems that an entry has accepted. */
  accepted: string[];
}

/** Checks a whole ledger: each entry by its hash, the chain, and each checkpoint by the entries that it sums up. */
export async function verifyLedger(store: TextStore, place: LedgerPlace): Promise<VerifiedLedger> {
  const first = await readFirstPart(store, place);
  const own = await readEntries(store, place, { after: first.length });
  const stored: StoredEntry[] = [...first.map((entry, index) => ({ position: index + 1, entry })), ...own];
  const { problems, accepted } = checkChain(stored);
  const doubled = await doubledEntries(store, place, first.length);
  const checkpoints = await checkpointProblems(store, place, stored);
  return { ...place, entries: readable(stored).length, problems: [...problems, ...doubled, ...checkpoints], accepted };
}

/** Finds entries that stand in the first part, too: a worker of an earlier version was still at work. */
async function doubledEntries(store: TextStore, place: LedgerPlace, firstLength: number): Promise<string[]> {
  if (firstLength === 0) return [];
  const files = await store.list(ledgerNames(place).entries, { limit: firstLength });
  const positions = files.flatMap((file) => positionOf(file) ?? []).filter((position) => position <= firstLength);
  return positions.map(
    (position) => `entry ${position} stands twice: on its own, and in the part of an earlier version`,
  );
}

async function checkpointProblems(
  store: TextStore,
  place: LedgerPlace,
  stored: readonly StoredEntry[],
): Promise<string[]> {
  const { checkpoints } = ledgerNames(place);
  const problems: string[] = [];
  for (const file of await store.list(checkpoints)) {
    const found = parseCheckpoint((await store.read(`${checkpoints}${file}`)) ?? '');
    if (!found) problems.push(`checkpoint ${file} was altered`);
    else problems.push(...differences(found, stored));
  }
  return problems;
}

function differences(
  { head: { position, hash }, memory, entries }: NonNullable<ReturnType<typeof parseCheckpoint>>,
  stored: readonly StoredEntry[],
): string[] {
  const last = stored.at(-1)?.position ?? 0;
  if (position > last) return [`entries ${last + 1} to ${position} are missing: a checkpoint sums them up`];
  const covered: LedgerEntry[] = readable(stored.slice(0, position));
  const hashes = new Set(covered.map((entry) => entry.hash));
  const summary = addToSummary(emptySummary, covered);
  const isSame =
    summary.head.hash === hash &&
    canonicalJson(summary.memory) === canonicalJson(memory) &&
    entries.every((entry) => hashes.has(entry.hash));
  return isSame ? [] : [`the checkpoint of entry ${position} differs from the entries that it sums up`];
}
