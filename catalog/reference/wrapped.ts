const width = 100;
/** A word, or code in one line with what is written to it; of long code the words. */
const unbroken = /(?:`[^`]{0,60}`|\S)+/g;

/** Breaks a text into lines as this project's documents have them; further lines of a list's item are indented. */
export function wrapped(text: string, indent = ''): string[] {
  const hanging = text.startsWith('- ') ? `${indent}  ` : indent;
  const lines: string[] = [];
  let line = indent;
  for (const word of text.match(unbroken) ?? []) {
    const isFirst = line.trim() === '';
    if (!isFirst && line.length + 1 + word.length > width) {
      lines.push(line);
      line = `${hanging}${word}`;
    } else line = isFirst ? `${line}${word}` : `${line} ${word}`;
  }
  return [...lines, line];
}
