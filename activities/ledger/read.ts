import { z } from 'zod';
import { canonicalJson, sha256 } from '../../catalog/canonical-json.ts';
import { addToSummary, emptySummary, ledgerSummary, type LedgerSummary } from '../../contract/ledger-memory.ts';
import type { LedgerEntry } from '../../contract/ledger.ts';
import { parseJson } from '../json.ts';
import { checkChain, type StoredEntry } from '../ledger-chain.ts';
import type { LedgerPlace, ReadLedger, TextStore } from '../ports/ledger.ts';
import { entryFile, ledgerNames, positionOf } from './names.ts';

/** Texts that are read at one time. */
const readAtOnce = 25;

const checkpoint = ledgerSummary.extend({ version: z.literal(1), digest: z.string() });
export type Checkpoint = z.infer<typeof checkpoint>;

/** Reads the entries behind a place in a ledger, in order; one that is missing among them is null. */
export async function readEntries(
  store: TextStore,
  place: LedgerPlace,
  { after, limit }: { after: number; limit?: number },
): Promise<StoredEntry[]> {
  const names = ledgerNames(place);
  const files = await store.list(names.entries, { from: entryFile(after + 1), ...(limit && { limit }) });
  const present = new Set(files.flatMap((file) => positionOf(file) ?? []));
  const last = Math.max(after, ...present);
  const positions = Array.from({ length: last - after }, (_, index) => after + 1 + index).slice(0, limit);
  const stored: StoredEntry[] = [];
  for (let start = 0; start < positions.length; start += readAtOnce)
    stored.push(
      ...(await Promise.all(
        positions
          .slice(start, start + readAtOnce)
          .map(async (position) => ({ position, entry: await readEntry(store, place, position, present) })),
      )),
    );
  return stored;
}

async function readEntry(
  store: TextStore,
  place: LedgerPlace,
  position: number,
  present: ReadonlySet<number>,
): Promise<StoredEntry['entry']> {
  const text = present.has(position) ? await store.read(ledgerNames(place).entry(position)) : null;
  return text === null ? null : (parseEntry(text) ?? text);
}

/** Parses an entry; null if the text is none. Its fields are not compared: an entry of a later version has others. */
export function parseEntry(text: string): LedgerEntry | null {
  const value = parseJson(text);
  const isEntry = value !== null && typeof value === 'object' && 'hash' in value && 'kind' in value;
  return isEntry ? (value as LedgerEntry) : null;
}

/** Reads the ledger of an earlier version, one entry a line. A line that a crash cut short is no entry. */
export async function readFirstPart(store: TextStore, place: LedgerPlace): Promise<LedgerEntry[]> {
  const text = (await store.read(ledgerNames(place).firstPart)) ?? '';
  return text.split('\n').flatMap((line) => parseEntry(line) ?? []);
}

/** Selects the entries that can be read. */
export function readable(stored: readonly StoredEntry[]): LedgerEntry[] {
  return stored.flatMap(({ entry }) => (entry === null || typeof entry === 'string' ? [] : [entry]));
}

/** Writes a checkpoint with a digest of its own, so that a damaged one is noticed. */
export function checkpointText(summary: LedgerSummary): string {
  const content = { version: 1, ...summary };
  return JSON.stringify({ ...content, digest: sha256(canonicalJson(content)) });
}

/** Parses a checkpoint; null if the text is none, or was altered. */
export function parseCheckpoint(text: string): Checkpoint | null {
  const parsed = checkpoint.safeParse(parseJson(text));
  if (!parsed.success) return null;
  const { digest, ...content } = parseJson(text) as Checkpoint;
  return sha256(canonicalJson(content)) === digest ? parsed.data : null;
}

/** Finds the newest checkpoint that can be read; null if there is none. */
async function newestCheckpoint(
  store: TextStore,
  place: LedgerPlace,
): Promise<{ found: LedgerSummary | null; problems: string[] }> {
  const { checkpoints } = ledgerNames(place);
  const problems: string[] = [];
  // One is enough, unless it is damaged.
  for (const limit of [1, Infinity])
    for (const file of await store.list(checkpoints, { limit })) {
      const parsed = parseCheckpoint((await store.read(`${checkpoints}${file}`)) ?? '');
      if (parsed) return { found: parsed, problems };
      if (limit !== 1) problems.push(`checkpoint ${file} was altered, and is not used`);
    }
  return { found: null, problems };
}

/** Sums up a stored ledger: the newest checkpoint, and the entries after it. */
export async function readSummary(store: TextStore, place: LedgerPlace): Promise<ReadLedger & { read: number }> {
  const { found, problems } = await newestCheckpoint(store, place);
  const first = found
    ? []
    : (await readFirstPart(store, place)).map((entry, index) => ({ position: index + 1, entry }));
  const { position, hash } = found?.head ?? { position: first.length, hash: first.at(-1)?.entry.hash ?? '' };
  const stored = await readEntries(store, place, { after: position });
  const chain = found ? checkChain(stored, hash) : checkChain([...first, ...stored]);
  const added = [...first.map(({ entry }) => entry), ...readable(stored)];
  const summary = addToSummary(found ?? emptySummary, added);
  const head = { position: stored.at(-1)?.position ?? position, hash: added.at(-1)?.hash ?? hash };
  return { ...summary, head, problems: [...problems, ...chain.problems], read: added.length };
}
