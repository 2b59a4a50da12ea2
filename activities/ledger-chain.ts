import { canonicalJson, sha256 } from '../catalog/canonical-json.ts';
import type { LedgerDraft, LedgerEntry } from '../contract/ledger.ts';

type Content = LedgerDraft & Pick<LedgerEntry, 'at' | 'number' | 'position' | 'previous'>;

/** What stands at one place of a stored ledger: an entry, or nothing that can be read. */
export interface StoredEntry {
  position: number;
  /** Null if its text is missing; a text if that is no entry. */
  entry: LedgerEntry | string | null;
}

/** Adds the hash of an entry. `previous`, a part of the entry, is the hash of the one before it. */
export function chained(content: Content): LedgerEntry {
  return { ...content, hash: sha256(canonicalJson(content)) };
}

/**
 * Finds what is wrong with a stored ledger, oldest first. An entry without its hash was altered; one whose `previous`
 * is not the entry before it shows that something is missing. Problems that a later entry accepts are left out.
 */
export function chainProblems(ledger: readonly LedgerEntry[]): string[] {
  const { problems } = checkChain(ledger.map((entry, index) => ({ position: index + 1, entry })));
  return problems;
}

/**
 * Checks a chain of stored entries behind the hash before them; null if that is not known. What an entry of kind
 * `unclean` accepts is no problem any more.
 */
export function checkChain(
  stored: readonly StoredEntry[],
  before: string | null = '',
): { problems: string[]; accepted: string[] } {
  const known = new Set(
    stored.flatMap(({ entry }) => (isEntry(entry) && entry.kind === 'unclean' ? entry.accepts : [])),
  );
  let previous = before;
  const all = stored.flatMap(({ position, entry }) => {
    const problems = problemsOf(entry, previous, position);
    previous = isEntry(entry) ? entry.hash : null;
    return problems;
  });
  return { problems: all.filter((one) => !known.has(one)), accepted: all.filter((one) => known.has(one)) };
}

function isEntry(entry: StoredEntry['entry']): entry is LedgerEntry {
  return entry !== null && typeof entry !== 'string';
}

function problemsOf(entry: StoredEntry['entry'], previous: string | null, position: number): string[] {
  if (entry === null) return [`entry ${position} is missing`];
  if (typeof entry === 'string') return [`entry ${position} cannot be read`];
  const { hash, ...content } = entry;
  const what = [content.kind, 'change' in content ? content.change : null].filter(Boolean).join(' ');
  // A person accepts a problem by its very words, and the ledger keeps them: they never change.
  // eslint-disable-next-line no-restricted-syntax
  const which = `entry ${position} (${what}, ${content.at}, hash ${hash.slice(0, 12)})`;
  const isMoved = content.position !== undefined && content.position !== position;
  return [
    ...(sha256(canonicalJson(content)) === hash ? [] : [`${which} was altered: its hash does not match its content`]),
    ...(isMoved ? [`${which} was written as entry ${content.position}`] : []),
    ...(previous === null || content.previous === previous
      ? []
      : [`${which} does not follow the one before it: an entry is missing or was inserted`]),
  ];
}
