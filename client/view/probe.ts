import type { ProbeResult, ProbeRow, Verdict } from '../../activities/ports/probe.ts';
import type { Output } from '../cli/output.ts';
import { cleanLine } from '../cli/text.ts';
import { tableLines } from './table.ts';
import { wrapped } from './wrap.ts';

const words: Record<Verdict, string> = { same: 'same', different: 'DIFFERENT', unknown: 'unknown' };

/** Shows what a platform answered beside what Slipway assumes, and what follows where they differ. */
export function probeLines(
  { rows, isComplete, left }: ProbeResult,
  { colors, columns }: Pick<Output, 'colors' | 'columns'>,
): string[] {
  const paint: Record<Verdict, (text: string) => string> = {
    same: colors.green,
    different: colors.red,
    unknown: colors.yellow,
  };
  const table = tableLines(
    ['question', 'answer', 'Slipway assumes', ''],
    rows.map((row) => [
      cleanLine(row.question),
      cleanLine(row.answer ?? ''),
      cleanLine(row.assumed.join(', or ')) || 'nothing',
      paint[row.verdict](words[row.verdict]),
    ]),
    colors,
  );
  const ofVerdict = (verdict: Verdict): ProbeRow[] => rows.filter((row) => row.verdict === verdict);
  const more = [
    ...ofVerdict('different').flatMap((row) => wrapped(cleanLine(`${row.id}: ${consequence(row)}`), columns)),
    ...ofVerdict('unknown').flatMap((row) => wrapped(cleanLine(`${row.id}: no answer, ${row.detail}`), columns)),
  ];
  return [
    ...table,
    ...(more.length > 0 ? ['', ...more] : []),
    '',
    ...(isComplete ? [] : [colors.yellow('interrupted: these are not all questions')]),
    ...(left.length === 0
      ? [colors.green('all that the probe made is removed')]
      : [
          colors.red('not removed; ./slipway probe --clean tries again:'),
          ...left.map((line) => `  ${cleanLine(line)}`),
        ]),
  ];
}

function consequence({ otherwise, detail }: ProbeRow): string {
  return detail === '' ? otherwise : `${otherwise} (${detail})`;
}
