import { stripVTControlCharacters } from 'node:util';
import type { Colors } from '../cli/output.ts';

/** Columns are so far apart. */
const gap = '  ';

/** Lays rows out in columns under a header. A cell may be coloured; what is empty shows as a dash. */
export function tableLines(header: readonly string[], rows: readonly string[][], { dim }: Colors): string[] {
  const all = [header.map((title) => dim(title)), ...rows.map((cells) => cells.map((cell) => cell || dim('-')))];
  const widths = header.map((_title, column) => Math.max(...all.map((cells) => widthOf(cells[column] ?? ''))));
  return all.map((cells) =>
    cells
      .map((cell, column) => `${cell}${' '.repeat((widths[column] ?? 0) - widthOf(cell))}`)
      .join(gap)
      .trimEnd(),
  );
}

function widthOf(cell: string): number {
  return [...stripVTControlCharacters(cell)].length;
}
