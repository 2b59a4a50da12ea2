import { canonicalJson, sha256 } from '../catalog/load.ts';
import type { LedgerDraft, LedgerEntry } from '../contract/ledger.ts';

type Content = LedgerDraft & Pick<LedgerEntry, 'at' | 'number' | 'previous'>;

/** An entry with the hash of what it says; `previous`, a part of that, is the hash of the entry before it. */
export function chained(content: Content): LedgerEntry {
  return { ...content, hash: sha256(canonicalJson(content)) };
}

/**
 * What is wrong with a stored ledger, oldest first: an entry that does not have its hash was altered; one whose
 * `previous` is not the entry before it stands where something is missing. What a person has accepted, in a later
 * entry, is not said again.
 */
export function chainProblems(ledger: readonly LedgerEntry[]): string[] {
  const accepted = new Set(ledger.flatMap((entry) => (entry.kind === 'unclean' ? entry.accepts : [])));
  return ledger
    .flatMap((entry, index) => problemsOf(entry, ledger[index - 1], index + 1))
    .filter((problem) => !accepted.has(problem));
}

function problemsOf({ hash, ...content }: LedgerEntry, before: LedgerEntry | undefined, line: number): string[] {
  const what = [content.kind, 'change' in content ? content.change : null].filter(Boolean).join(' ');
  const which = `entry ${line} (${what}, ${content.at}, hash ${hash.slice(0, 12)})`;
  return [
    ...(sha256(canonicalJson(content)) === hash ? [] : [`${which} was altered: it does not have its hash`]),
    ...(content.previous === (before?.hash ?? '')
      ? []
      : [`${which} does not follow the one before it: something is missing or was put in`]),
  ];
}
