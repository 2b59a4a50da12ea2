/** Writes text as Markdown, whatever stands in it: nothing from outside becomes markup. */

/** An address becomes a link without any sign around it (GitHub Flavored Markdown, 6.9: autolinks). */
const address = /((?:https?|ftp):\/\/[^\s|]+|www\.[^\s|]+)/i;

/**
 * Takes its power from every sign that Markdown, its tables or HTML in it would act on; at the beginning also from
 * those that make a list (CommonMark 0.31, 2.4: a backslash before punctuation). An address becomes code, and no link.
 */
export function escapeMarkdown(line: string): string {
  return line
    .split(address)
    .map((part, index) => (index % 2 === 1 ? codeSpan(part) : escapeSigns(part)))
    .join('');
}

function escapeSigns(text: string): string {
  return text
    .replace(/[\\`*_{}[\]<>#|~&!$]/g, '\\$&')
    .replace(/^([-+=])/, '\\$1')
    .replace(/^(\d+)([.)])/, '$1\\$2');
}

/** Writes lines of code whatever is in them: the fence is longer than any in the text (CommonMark 0.31, 4.5). */
export function codeBlock(text: string, language = ''): string {
  const fence = '`'.repeat(Math.max(3, longestRun(text) + 1));
  return `${fence}${language}\n${text.replace(/\n+$/, '')}\n${fence}`;
}

/** Writes code whatever is in it: the fence is longer than any in the text (CommonMark 0.31, 6.1). */
export function codeSpan(line: string): string {
  const fence = '`'.repeat(longestRun(line) + 1);
  const pad = /^`|`$/.test(line) ? ' ' : '';
  return `${fence}${pad}${line}${pad}${fence}`;
}

function longestRun(text: string): number {
  return Math.max(0, ...(text.match(/`+/g) ?? []).map((run) => run.length));
}
