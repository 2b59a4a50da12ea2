import type { LedgerHead, LedgerSummary } from '../../contract/ledger-memory.ts';
import type { LedgerDraft, LedgerEntry } from '../../contract/ledger.ts';

/** Names an environment that has a ledger. */
export interface LedgerPlace {
  service: string;
  environment: string;
}

/** Keeps texts under names such as `ledger/agento/production/entries/0000000001.json`. None is ever changed. */
export interface TextStore {
  /** Names it for people: a folder or a bucket. */
  readonly name: string;
  /** Creates a text; answers false if there is one of this name, whatever it has. */
  create(name: string, text: string): Promise<boolean>;
  /** Reads a text; null if there is none. */
  read(name: string): Promise<string | null>;
  /**
   * Lists what is in a folder, in order: names of texts, and of folders with a slash at the end. `from` is the first
   * name that counts, `limit` how many are needed.
   */
  list(folder: string, options?: { from?: string; limit?: number }): Promise<string[]>;
}

/** An entry that is not in the ledger yet. */
export interface UnwrittenEntry {
  at: string;
  /** The environment's number at that time. */
  number: number;
  draft: LedgerDraft;
}

/** The end of a ledger as its environment knows it. The place is null in an environment of an earlier version. */
export interface KnownHead extends Omit<LedgerHead, 'position'> {
  position: number | null;
}

/** Answers either what was written, or what somebody else has written there; nothing was written then. */
export interface AppendedEntries {
  written: LedgerEntry[];
  found: LedgerEntry[];
  /** The end of the ledger after these. */
  head: LedgerHead;
}

/** A summary of a stored ledger, and why the stored one is not whole. */
export interface ReadLedger extends LedgerSummary {
  problems: string[];
}

/** Stores ledgers where they outlive every run: one text for each entry, under its place in the ledger. */
export interface Ledgers {
  /** Writes entries behind the one that the environment knows as the last. A repeat finds its own. */
  appendLedger(place: LedgerPlace, after: KnownHead, entries: readonly UnwrittenEntry[]): Promise<AppendedEntries>;
  /** Reads what an environment has to know: the newest checkpoint and the entries after it. */
  summarizeLedger(place: LedgerPlace): Promise<ReadLedger>;
  /** Reads a whole ledger, oldest entry first. */
  readLedger(place: LedgerPlace): Promise<LedgerEntry[]>;
}
