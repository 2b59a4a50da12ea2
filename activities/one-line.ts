import { stripVTControlCharacters } from 'node:util';

/** Makes a text printable, on one line, of a length that a person reads. */
export function oneLine(text: string): string {
  const flat = stripVTControlCharacters(text)
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ')
    .replace(/ {2,}/g, ' ')
    .trim();
  return flat.length > 500 ? `${flat.slice(0, 499)}…` : flat;
}
