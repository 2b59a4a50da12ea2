import { failureSearch, logQuestion } from '../../contract/catalog/targets/index.ts';
import { writeGroup } from '../../contract/incident/groups.ts';
import type { Look } from '../../contract/incident/look.ts';
import type { LogEntry } from '../ports/platform.ts';
import { maxLines, type LookKind } from './look-kind.ts';
import { atMostRead, describeEntry, fieldOf, groupsOf, maxEntries, withoutNumbers } from './log-lines.ts';

/** Ids by which a failure is found elsewhere, with the names that services give them. */
const idNames = {
  run_id: ['run_id', 'runId'],
  trace_id: ['trace_id', 'traceId', 'trace', 'traceparent'],
  request_id: ['request_id', 'requestId', 'x-request-id'],
} as const;
type IdName = keyof typeof idNames;
const idFields = Object.values(idNames).flat() as string[];
const shownIds = 3;

/** Collects run, trace and request ids of the lines that tell of failures (runbook 001, section 3, step 5). */
export const ids: LookKind<Extract<Look, { kind: 'ids' }>> = {
  question: (_look, { entry, since, until }) => {
    const { target } = entry.settings;
    return { ...logQuestion(target, failureSearch(target), { since, until }), window: { since, until } };
  },

  answer: async (_look, { entry, ports, since, until }) => {
    const { target } = entry.settings;
    const failing = await ports.logs.read(target, { filter: failureSearch(target), since, until }, maxEntries);
    const groups = groupsOf(failing, shapeOf);
    return {
      verdict: failing.length > 0 ? 'fail' : 'pass',
      reason: `${atMostRead(failing.length)} lines are warnings or worse; ${describeCounts(failing)}`,
      count: failing.length,
      lines: groups.slice(0, maxLines).map(lineOf),
    };
  },
};

/** Writes lines that differ in numbers and ids only as one, with the newest ids. */
function lineOf(group: readonly LogEntry[]): string {
  const [newest] = group;
  if (!newest) return '';
  const found = (Object.keys(idNames) as IdName[]).flatMap((name) => {
    const all = distinctIds(group, name);
    const more = all.length > shownIds ? ` (+${all.length - shownIds})` : '';
    return all.length === 0 ? [] : [`${name} ${all.slice(0, shownIds).join(', ')}${more}`];
  });
  const what = describeEntry(newest, idFields).slice(0, 160);
  return writeGroup(group.length, [`${newest.severity} ${what}`.trim(), ...found].join(' | '));
}

/** Writes a line without its ids and numbers, so that failures alike look alike. */
export function shapeOf(entry: LogEntry): string {
  return withoutNumbers(describeEntry(entry, idFields)).slice(0, 160);
}

function describeCounts(entries: readonly LogEntry[]): string {
  const counts = (Object.keys(idNames) as IdName[]).map((name) => `${distinctIds(entries, name).length} ${name}`);
  return counts.join(', ');
}

function distinctIds(entries: readonly LogEntry[], name: IdName): string[] {
  const found = entries.map((entry) => idNames[name].map((field) => fieldOf(entry, field)).find((id) => id !== ''));
  return [...new Set(found.flatMap((id) => (id === undefined ? [] : [name === 'trace_id' ? traceOf(id) : id])))];
}

/** Takes the trace out of what carries it: a resource name, a traceparent (W3C), Google's header. */
function traceOf(text: string): string {
  return /[0-9a-f]{32}/i.exec(text)?.[0] ?? text;
}
