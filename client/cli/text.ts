import { stripVTControlCharacters } from 'node:util';

/** Matches C0 except line feed and tab, DEL, C1, and what nobody sees: direction marks, no width, tags, line ends. */
const controlCharacters = /(?![\n\t])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** Makes text from outside safe to show. It cannot move the cursor, set colours or reorder what stands there. */
export function cleanText(text: string): string {
  // Whole sequences first: without its first character the rest of one would stay as text.
  return stripVTControlCharacters(text).replace(controlCharacters, '');
}

/** Makes text from outside safe to show, on one line. */
export function cleanLine(text: string): string {
  return cleanText(text)
    .replace(/\s*\n\s*/g, ' ')
    .trim();
}
