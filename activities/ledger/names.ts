import type { LedgerPlace } from '../ports/ledger.ts';

/** Digits of a place in a ledger, so that names are in the order of the entries. */
const digits = 10;
const last = 10 ** digits - 1;

/** The folder of all ledgers. */
export const ledgersFolder = 'ledger/';

/** Names the texts of one ledger. */
export function ledgerNames({ service, environment }: LedgerPlace) {
  const folder = `${ledgersFolder}${service}/${environment}/`;
  return {
    /** The ledger of an earlier version, one entry a line: the first part of this one. */
    firstPart: `${ledgersFolder}${service}/${environment}.jsonl`,
    entries: `${folder}entries/`,
    checkpoints: `${folder}checkpoints/`,
    entry: (position: number) => `${folder}entries/${entryFile(position)}`,
    checkpoint: (position: number) => `${folder}checkpoints/${checkpointFile(position)}`,
  };
}

/** Says whether a text is the ledger of an earlier version. */
export function isFirstPart(name: string): boolean {
  return name.startsWith(ledgersFolder) && name.endsWith('.jsonl');
}

/** Names the file of an entry by its place. */
export function entryFile(position: number): string {
  return `${numbered(position)}.json`;
}

/** Reads the place of an entry from the name of its file; null if it is none. */
export function positionOf(file: string): number | null {
  const [, position] = /^(\d{10})\.json$/.exec(file) ?? [];
  return position === undefined ? null : Number(position);
}

/** Names the file of a checkpoint, so that the newest is the first of a listing: a bucket has no other order. */
function checkpointFile(position: number): string {
  return `${numbered(last - position)}-${numbered(position)}.json`;
}

function numbered(position: number): string {
  return String(position).padStart(digits, '0');
}
