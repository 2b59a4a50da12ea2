import { z } from 'zod';
import { cutLine } from './cut-line.ts';
import { afterSwitch } from './disabled-traffic.ts';
import { disabledTraffic, freeze, hold, type Freeze, type Hold } from './environment.ts';
import { inlineOf } from './ledger-inline.ts';
import { isChangeEntry, ledgerEntry, type LedgerEntry } from './ledger.ts';

/** Holds that an environment keeps; the oldest goes with a commit that fifty later ones have replaced. */
const maxHolds = 50;
const maxHoldReasonLength = 150;

/** Holds what an environment must know of its whole ledger, however long that is. */
export const ledgerMemory = z.object({
  /** The highest number of the environment in any entry. */
  number: z.number(),
  holds: z.array(hold),
  /** A person's freeze that nobody has ended. */
  freeze: freeze.nullable(),
  /** Its part of stops of the line. */
  stops: z.array(freeze),
  disabledTraffic: z.array(disabledTraffic),
  /** End of the last window of the catalog that a person has ended. */
  windowEnded: z.string().nullable(),
});
export type LedgerMemory = z.infer<typeof ledgerMemory>;

/** Names the last entry of a ledger: its place, from 1, and its hash. An empty ledger has 0 and no hash. */
export const ledgerHead = z.object({ position: z.number(), hash: z.string() });
export type LedgerHead = z.infer<typeof ledgerHead>;

/** Sums up a ledger up to its head, so that nobody has to read all entries. */
export const ledgerSummary = z.object({ head: ledgerHead, memory: ledgerMemory, entries: z.array(ledgerEntry) });
export type LedgerSummary = z.infer<typeof ledgerSummary>;

/** Sums up a ledger without entries. */
export const emptySummary: LedgerSummary = {
  head: { position: 0, hash: '' },
  memory: { number: 0, holds: [], freeze: null, stops: [], disabledTraffic: [], windowEnded: null },
  entries: [],
};

/** Adds entries to a summary. */
export function addToSummary({ head, memory, entries }: LedgerSummary, added: readonly LedgerEntry[]): LedgerSummary {
  return {
    head: { position: head.position + added.length, hash: added.at(-1)?.hash ?? head.hash },
    memory: added.reduce(remember, memory),
    entries: inlineOf([...entries, ...added]),
  };
}

/** Adds an entry to what is remembered. */
export function remember(memory: LedgerMemory, entry: LedgerEntry): LedgerMemory {
  const known = { ...memory, number: Math.max(memory.number, entry.number) };
  if (entry.kind === 'lift') return { ...known, holds: known.holds.filter(({ digest }) => digest !== entry.digest) };
  if (entry.kind === 'freeze' || entry.kind === 'unfreeze') return rememberFreeze(known, entry);
  if (entry.kind === 'switchTraffic') return { ...known, disabledTraffic: afterSwitch(known.disabledTraffic, entry) };
  if (!isChangeEntry(entry) || !entry.hold) return known;
  return { ...known, holds: withHold(known.holds, { ...entry.hold, change: entry.change, since: entry.at }) };
}

/** Adds a hold on an artifact; one is enough. */
export function withHold(holds: readonly Hold[], added: Hold): Hold[] {
  if (holds.some(({ digest }) => digest === added.digest)) return [...holds];
  return [...holds, { ...added, reason: cutLine(added.reason, maxHoldReasonLength) }].slice(-maxHolds);
}

function rememberFreeze(
  memory: LedgerMemory,
  entry: Extract<LedgerEntry, { kind: 'freeze' | 'unfreeze' }>,
): LedgerMemory {
  const { scope, by, reason, at: since } = entry;
  const freezing: Freeze | null =
    entry.kind === 'freeze' ? { by, reason, since, until: entry.until, ...(scope && { scope }) } : null;
  const windowEnded = (entry.kind === 'unfreeze' ? entry.windowEnd : null) ?? memory.windowEnded;
  if (scope === undefined) return { ...memory, freeze: freezing, windowEnded };
  const others = memory.stops.filter((stop) => stop.scope !== scope);
  return { ...memory, stops: [...others, ...(freezing ? [freezing] : [])], windowEnded };
}
