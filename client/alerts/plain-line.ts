import { cutLine } from '../../contract/cut-line.ts';
import { cleanLine } from '../cli/text.ts';

/** Maps signs that make a link, an image, code or a table of a text in Markdown to signs that do not. */
const harmless: Record<string, string> = { '[': '(', ']': ')', '`': "'", '|': '/', '\\': '/' };

/**
 * Makes one line of a stranger's text and cuts it to `maxLength`. It cannot pose as Markdown or HTML where people read
 * about an incident; signs of comparison, such as in "ratio < 0.95", stay.
 */
export function plainLine(text: string, maxLength: number): string {
  const line = cleanLine(text.toWellFormed())
    .replace(/\s+/g, ' ')
    .replace(/[[\]`|\\]/g, (sign) => harmless[sign] ?? '')
    .replace(/<(?=[a-z/!?])/gi, '‹');
  return cutLine(line, maxLength);
}
