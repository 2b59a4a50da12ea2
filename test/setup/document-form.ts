import { anchorsIn, type Document } from './document-checks.ts';

/** A document of more lines than this begins with links to its parts. */
const maxLinesWithoutContents = 120;
const maxWords = 35;

/** Finds chapters of a long document to which no link leads that stands before them. */
export function missingContents({ text }: Document): string[] {
  if (text.split('\n').length <= maxLinesWithoutContents) return [];
  return anchorsIn(text)
    .filter(({ level }) => level === 2)
    .filter(({ anchor, at }) => !text.slice(0, at).includes(`](#${anchor})`))
    .map(({ anchor }) => `its contents have no link to #${anchor}`);
}

/** Finds sentences that are too long to be understood at the first reading. Code and tables are left out. */
export function longSentences({ text }: Document): string[] {
  const prose = text
    .replace(/<!--[\s\S]*?-->/g, '')
    .replace(/^ *```[\s\S]*?^ *```/gm, '\n\n')
    .replace(/^(?:#|\s*\|).*$/gm, '\n')
    .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replace(/`[^`]*`/g, 'Code');
  return prose
    .split(/\n\s*\n|\n\s*(?=[-*] |\d+\. )/)
    .flatMap((paragraph) => paragraph.replace(/\s+/g, ' ').split(/(?<=[.!?])(?=\s+[*("]*[A-Z])/))
    .map((sentence) => sentence.trim().split(' '))
    .filter(({ length }) => length > maxWords)
    .map((words) => `${words.length} words: ${words.slice(0, 8).join(' ')} …`);
}
