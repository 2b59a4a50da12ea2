import type { LogEntry } from '../ports/platform.ts';

/** The most entries of a log that a look reads: what one page of Cloud Logging has. */
export const maxEntries = 1_000;

const failing = /^(warn|warning|error|critical|alert|emergency|fatal)$/i;

/** Says whether the logger called this line a warning or worse. */
export function tellsOfFailure({ severity, fields }: LogEntry): boolean {
  return [severity, fields['severity'] ?? '', fields['level'] ?? ''].some((level) => failing.test(level));
}

/** Finds a field by its name, also inside of an object; empty if the line has none. The severity is one, too. */
export function fieldOf({ fields, severity }: LogEntry, name: string): string {
  const key = name in fields ? name : Object.keys(fields).find((one) => one.endsWith(`.${name}`));
  if (key !== undefined) return fields[key] ?? '';
  return name === 'severity' ? severity : '';
}

/** Fields that say nothing of what happened: who wrote the line, and when. */
const unsaid = new Set(['message', 'severity', 'level', 'time', 'timestamp', 'service', 'commit', 'buildSha']);

/** Writes a line with its fields, message first. `without` names fields that are left out. */
export function describeEntry({ text, fields }: LogEntry, without: readonly string[] = []): string {
  const { message } = fields;
  if (Object.keys(fields).length === 0) return text;
  const shown = Object.entries(fields).filter(([name, value]) => {
    const last = name.split('.').at(-1) ?? name;
    return value !== '' && !unsaid.has(name) && !without.includes(last);
  });
  return [message ?? (text.startsWith('{') ? '' : text), ...shown.map(([name, value]) => `${name}=${value}`)]
    .filter((part) => part !== '')
    .join(' ');
}

/** Writes `#` for numbers and ids, so that lines that differ in them only are alike. */
export function withoutNumbers(text: string): string {
  return text.replace(/\b[0-9a-f]{8}-[0-9a-f-]{27}\b|\b(?=\w*\d)[0-9a-f]{8,}\b|\d+/gi, '#');
}

/** Says how many there are, when there may be more than were read. */
export function atMostRead(count: number): string {
  return count >= maxEntries ? `${count} or more` : String(count);
}

/** Puts what has the same key together, the most frequent first. */
export function groupsOf<T>(all: readonly T[], keyOf: (one: T) => string): T[][] {
  return [...Map.groupBy(all, keyOf).values()].sort((a, b) => b.length - a.length);
}
