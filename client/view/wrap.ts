import wrapAnsi from 'wrap-ansi';

/** A line that goes on stands so much further right. */
const hang = 2;
/** A narrower terminal is not worth it. */
const minColumns = 40;

/** Says whether a line fits into one row of a terminal. */
export function fits(line: string, columns: number): boolean {
  return !wrapAnsi(line, columns, { hard: true, trim: false }).includes('\n');
}

/** Wraps a line at words, what follows a little further right; without columns it stays whole. */
export function wrapped(line: string, columns: number | null): string[] {
  const [, lead = '', text = ''] = /^( *)(.*)$/s.exec(line) ?? [];
  return besideLead(lead, text, columns, lead.length + hang);
}

/** Wraps a text that begins behind a lead, such as its name; what follows stands at the indent. */
export function besideLead(lead: string, text: string, columns: number | null, indent: number): string[] {
  if (columns === null || columns < minColumns) return [`${lead}${text}`];
  const rows = wrapAnsi(text, columns - indent, { hard: true }).split('\n');
  return rows.map((row, index) => `${index === 0 ? lead : ' '.repeat(indent)}${row}`);
}

/**
 * Breaks a command so that it can still be pasted: between words, with a backslash. A flag and its value stay together
 * where they fit, and what is quoted always.
 */
export function foldedCommand(command: string, columns: number | null, indent: number): string[] {
  const room = columns === null || columns < minColumns ? Infinity : columns - indent - hang - 2;
  const words = command.match(/(?:--[\w-]+ )?(?:'[^']*'|"[^"]*"|[^\s'"])+/g) ?? [];
  // A quote that does not end would be lost.
  if (words.join(' ') !== command) return [`${' '.repeat(indent)}${command}`];
  const rows: string[] = [];
  for (const word of words.flatMap((pair) => (pair.length > room ? pair.split(/(?<=^--[\w-]+) /) : [pair]))) {
    const row = rows.at(-1);
    if (row !== undefined && row.length + 1 + word.length <= room) rows[rows.length - 1] = `${row} ${word}`;
    else rows.push(word);
  }
  return rows.map((row, index) => {
    const more = index < rows.length - 1 ? ' \\' : '';
    return `${' '.repeat(index === 0 ? indent : indent + hang)}${row}${more}`;
  });
}
