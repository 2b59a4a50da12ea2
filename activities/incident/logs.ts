import { logQuestion, logSearch } from '../../contract/catalog/targets/index.ts';
import { writeGroup } from '../../contract/incident/groups.ts';
import type { Look } from '../../contract/incident/look.ts';
import type { LogEntry } from '../ports/platform.ts';
import { maxGroups, maxLines, type LookKind } from './look-kind.ts';
import { atMostRead, describeEntry, fieldOf, groupsOf, maxEntries, tellsOfFailure } from './log-lines.ts';

type LogsLook = Extract<Look, { kind: 'logs' }>;

/** Counts lines with a word by some of their fields (runbook 001, section 4: `kubectl logs --since=15m | rg`). */
export const logs: LookKind<LogsLook> = {
  question: ({ word }, { entry, since, until }) => {
    const { target } = entry.settings;
    return { ...logQuestion(target, logSearch(target, word), { since, until }), window: { since, until } };
  },

  answer: async ({ word, by }, { entry, ports, since, until }) => {
    const { target } = entry.settings;
    const query = { filter: logSearch(target, word), since, until };
    const entries = await ports.logs.read(target, query, maxEntries);
    const failing = entries.filter(tellsOfFailure).length;
    return {
      verdict: failing > 0 ? 'fail' : 'pass',
      reason: `${atMostRead(entries.length)} lines with ${word}, ${failing} of them warnings or worse`,
      count: entries.length,
      lines: linesOf(entries, by),
    };
  },
};

/** Writes a line for each group with its newest text; the newest lines if none has any of the fields. */
function linesOf(entries: readonly LogEntry[], by: readonly string[]): string[] {
  const keyOf = (entry: LogEntry) => {
    const present = by.filter((name) => fieldOf(entry, name) !== '');
    return present.map((name) => `${name}=${fieldOf(entry, name)}`).join(' ');
  };
  const groups = groupsOf(entries, keyOf);
  if (!groups.some(([first]) => first && keyOf(first) !== ''))
    return entries.slice(0, maxLines).map((entry) => `${entry.timestamp} ${entry.severity} ${describeEntry(entry)}`);
  return groups
    .slice(0, maxGroups)
    .flatMap(([newest, ...rest]) =>
      newest
        ? [writeGroup(rest.length + 1, `${keyOf(newest) || `without ${by.join(', ')}`} | ${describeEntry(newest, by)}`)]
        : [],
    );
}
