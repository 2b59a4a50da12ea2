import { cutLine } from './cut-line.ts';
import {
  isChangeEntry,
  schemaRepairsSince,
  unreleasedSchemaChanges,
  verifiedChanges,
  type ChangeEntry,
  type LedgerEntry,
} from './ledger.ts';

/** Entries kept inline at most; older ones are in the store alone. */
const maxInlineEntries = 50;
/** Verified entries that stay inline however old they are: goals of rollbacks and sources of promotions. */
const maxInlineGoals = 10;
/** Changes of the schema, and adopted drifts, that stay inline however old they are; of each kind. */
const maxInlineQuestions = 10;
/** What stays inline travels with each opening and each continue-as-new, so its size has a bound, too. */
const maxInlineLength = 44_000;
/** Longest lists and texts of an entry that is kept inline; the stored entry has them whole. */
const maxNames = 10;
const maxTextLength = 400;
const maxEntryLength = 3_000;

/**
 * Selects what stays inline: what rollbacks, promotions and comparisons have to know however old it is, and the newest
 * other entries that there is room for.
 */
export function inlineOf(ledger: readonly LedgerEntry[]): LedgerEntry[] {
  const needed = new Set([...goalsOf(ledger), ...questionsOf(ledger), ...servingIn(ledger), ...ledger.slice(-1)]);
  const kept = new Map<LedgerEntry, LedgerEntry>();
  let length = 0;
  const keep = (entry: LedgerEntry): void => {
    const short = shortened(entry);
    length += JSON.stringify(short).length;
    kept.set(entry, short);
  };
  for (const entry of needed) keep(entry);
  for (const entry of ledger.slice(-maxInlineEntries).reverse()) {
    if (needed.has(entry)) continue;
    if (length >= maxInlineLength) break;
    keep(entry);
  }
  return ledger.flatMap((entry) => kept.get(entry) ?? []);
}

/** Says whether entries are all of a ledger. Those that are not written yet have no hash. */
export function isWholeLedger(ledger: readonly LedgerEntry[]): boolean {
  return ledger.every(({ hash, previous }, index) => hash === '' || previous === (ledger[index - 1]?.hash ?? ''));
}

function goalsOf(ledger: readonly LedgerEntry[]): ChangeEntry[] {
  return verifiedChanges(ledger).slice(-maxInlineGoals);
}

/** Finds schemas that were left behind or brought back by hand, and drifts that were adopted. */
function questionsOf(ledger: readonly LedgerEntry[]): LedgerEntry[] {
  return [
    ...unreleasedSchemaChanges(ledger).slice(-maxInlineQuestions),
    ...schemaRepairsSince(ledger, '').slice(-maxInlineQuestions),
    ...adoptedDrifts(ledger).slice(-maxInlineQuestions),
  ];
}

/** Finds the drifts that were adopted since a change has said what it left. */
function adoptedDrifts(ledger: readonly LedgerEntry[]): LedgerEntry[] {
  const last = ledger.findLastIndex((entry) => isChangeEntry(entry) && typeof entry.serves === 'object');
  return ledger.slice(last + 1).filter(({ kind }) => kind === 'adopt');
}

/** Finds the entries that say what serves, and since when this digest does. */
function servingIn(ledger: readonly LedgerEntry[]): LedgerEntry[] {
  const telling = ledger.filter((entry) => 'serves' in entry && typeof entry.serves === 'object');
  const digestOf = (entry: LedgerEntry | undefined) =>
    entry && 'serves' in entry && typeof entry.serves === 'object' ? entry.serves.digest : null;
  const last = telling.at(-1);
  const first = telling[telling.findLastIndex((entry) => digestOf(entry) !== digestOf(last)) + 1];
  const uncertain = ledger.findLast((entry) => 'serves' in entry && entry.serves === 'unknown');
  return [first, last, uncertain].filter((entry) => entry !== undefined);
}

/** Shortens an entry of unusual length, such as one with hundreds of migrations. */
function shortened(entry: LedgerEntry): LedgerEntry {
  if (JSON.stringify(entry).length <= maxEntryLength) return entry;
  const brief = {
    ...entry,
    outcome: cutLine(entry.outcome, maxTextLength),
    reason: cutLine(entry.reason, maxTextLength),
  };
  if (brief.kind === 'adopt') return { ...brief, adopts: brief.adopts.slice(-maxNames) };
  if (brief.kind === 'unclean') return { ...brief, accepts: brief.accepts.slice(-maxNames) };
  if (!isChangeEntry(brief)) return brief;
  const { approvals, evidence, hold, migrations, schema } = brief;
  return {
    ...brief,
    approvals: approvals.slice(-maxNames).map(({ signature: _signature, ...approval }) => approval),
    migrations: migrations.slice(-maxNames),
    schema: schema && { ...schema, migrations: schema.migrations.slice(-maxNames) },
    hold: hold && { ...hold, reason: cutLine(hold.reason, maxTextLength) },
    ...(evidence && { evidence: evidence.slice(-maxNames) }),
  };
}
