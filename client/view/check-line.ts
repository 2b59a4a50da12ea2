import type { GateLine } from '../../contract/status.ts';
import type { Verdict } from '../../contract/verdict.ts';
import type { Colors } from '../cli/output.ts';
import { cleanLine } from '../cli/text.ts';

type Paint = (text: string) => string;

const verdictMarks: Record<Verdict, [mark: string, color: keyof Colors]> = {
  pass: ['✓', 'green'],
  fail: ['✗', 'red'],
  inconclusive: ['?', 'yellow'],
};

/** Shows one check: its verdict, its name, and why. */
export function checkLine({ name, verdict, reason }: GateLine, colors: Colors, width?: number): string {
  const text = cleanLine(`${name}: ${reason}`);
  return `${markOf(verdict, colors)} ${width === undefined ? text : shorten(text, width)}`;
}

/** Shows a verdict as its mark, in its colour. */
export function markOf(verdict: Verdict, colors: Colors): string {
  const [mark, color] = verdictMarks[verdict] ?? ['?', 'dim'];
  return (colors[color] as Paint)(mark);
}

/** Cuts a text to a number of columns, and no character in two. */
export function shorten(text: string, width: number): string {
  const characters = [...text];
  return characters.length > Math.max(0, width) ? `${characters.slice(0, Math.max(0, width - 1)).join('')}…` : text;
}
