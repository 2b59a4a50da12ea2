import type { BaselineCheck } from '../../contract/baseline.ts';
import type { Colors } from '../cli/output.ts';
import { cleanLine } from '../cli/text.ts';
import { markOf } from './check-line.ts';
import { spanText } from './time.ts';
import { besideLead } from './wrap.ts';

/** Shows the checks of a baseline as a table: mark, name, time, what was seen; and what to do about what is off. */
export function baselineLines(
  checks: readonly BaselineCheck[],
  { colors, columns }: { colors: Colors; columns: number | null },
): string[] {
  const width = Math.max(0, ...checks.map(({ name }) => name.length));
  const indent = width + 15;
  const below = (text: string): string[] => besideLead(' '.repeat(indent), cleanLine(text), columns, indent);
  return checks.flatMap((check) => {
    const { name, next, reason, samples, seconds, seen, verdict } = check;
    const [first = '', ...more] = verdict === 'pass' && seen.length > 0 ? seen : [reason];
    const took = spanText(seconds * 1000).padStart(7);
    const lead = `  ${markOf(verdict, colors)} ${cleanLine(name).padEnd(width)}  ${took}  `;
    const rows = besideLead(lead, cleanLine(first), columns, indent);
    const shown = verdict === 'pass' ? [] : samples.flatMap(below).map((line) => colors.dim(line));
    const advice = next === null ? [] : below(`→ ${next}`).map((line) => colors.yellow(line));
    return [...rows, ...more.flatMap(below), ...shown, ...advice];
  });
}
