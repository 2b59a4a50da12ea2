import { canonicalJson, sha256 } from '../catalog/load.ts';
import type { LedgerDraft, LedgerEntry } from '../contract/ledger.ts';

type Content = LedgerDraft & Pick<LedgerEntry, 'at' | 'number' | 'previous'>;

/** Adds the hash of an entry. `previous`, a part of the entry, is the hash of the one before it. */
export function chained(content: Content): LedgerEntry {
  return { ...content, hash: sha256(canonicalJson(content)) };
}

/**
 * Finds what is wrong with a stored ledger, oldest first. An entry without its hash was altered; one whose `previous`
 * is not the entry before it shows that something is missing. Problems that a later entry accepts are left out.
 */
export function chainProblems(ledger: readonly LedgerEntry[]): string[] {
  const accepted = new Set(ledger.flatMap((entry) => (entry.kind === 'unclean' ? entry.accepts : [])));
  return ledger
    .flatMap((entry, index) => problemsOf(entry, ledger[index - 1], index + 1))
    .filter((problem) => !accepted.has(problem));
}

function problemsOf({ hash, ...content }: LedgerEntry, before: LedgerEntry | undefined, line: number): string[] {
  const what = [content.kind, 'change' in content ? content.change : null].filter(Boolean).join(' ');
  // A person accepts a problem by its very words, and the ledger keeps them: they never change.
  // eslint-disable-next-line no-restricted-syntax
  const which = `entry ${line} (${what}, ${content.at}, hash ${hash.slice(0, 12)})`;
  return [
    ...(sha256(canonicalJson(content)) === hash ? [] : [`${which} was altered: its hash does not match its content`]),
    ...(content.previous === (before?.hash ?? '')
      ? []
      : [`${which} does not follow the one before it: an entry is missing or was inserted`]),
  ];
}
