import { stringify } from 'yaml';

/** Limits of a difference: it is part of a plan, which people read and a history keeps. */
export interface Limits {
  lines: number;
  bytes: number;
  /** Characters of a line. */
  columns: number;
}

export const planLimits: Limits = { lines: 200, bytes: 8_000, columns: 200 };

/** What the limits cut off; null if the text is complete. */
export type Cut = { lines: number; objects: string[] } | null;

/** Writes a value as lines of YAML, in an order that does not depend on how it was made. */
export function yamlLines(value: unknown): string[] {
  return stringify(value, { sortMapEntries: true, lineWidth: 0 }).trimEnd().split('\n');
}

/** Joins the parts until a limit is reached, and says what is missing. */
export function cutTo(
  { lines: maxLines, bytes: maxBytes, columns }: Limits,
  parts: readonly { object: string; lines: string[] }[],
): { text: string; cut: Cut } {
  const kept: string[] = [];
  const cut = { lines: 0, objects: new Set<string>() };
  let bytes = 0;
  for (const { object, lines } of parts)
    for (const line of lines.map((text) => printable(text, columns))) {
      bytes += Buffer.byteLength(line) + 1;
      const fits = cut.lines === 0 && kept.length < maxLines && bytes <= maxBytes;
      if (fits) kept.push(line);
      else cut.objects.add(object);
      if (!fits) cut.lines += 1;
    }
  const objects = [...cut.objects];
  if (cut.lines === 0) return { text: kept.join('\n'), cut: null };
  const note = `… ${cut.lines} more lines are cut, of ${objects.join(', ')}`;
  return { text: [...kept, printable(note, columns)].join('\n'), cut: { lines: cut.lines, objects } };
}

/** Makes a line safe to show: no control characters, not endless. */
function printable(text: string, columns: number): string {
  const safe = text.replace(/[\p{Cc}\p{Cf}]/gu, '\u{fffd}');
  return safe.length > columns ? `${safe.slice(0, columns - 1)}…` : safe;
}
