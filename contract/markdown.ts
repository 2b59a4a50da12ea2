/** Writes single lines as Markdown, whatever stands in them: no text from outside becomes markup. */

/**
 * Takes its power from every sign that Markdown, its tables or HTML in it would act on; at the beginning also from
 * those that make a list (CommonMark 0.31, 2.4: a backslash before punctuation).
 */
export function escapeMarkdown(line: string): string {
  return line
    .replace(/[\\`*_{}[\]<>#|~&!$]/g, '\\$&')
    .replace(/^([-+=])/, '\\$1')
    .replace(/^(\d+)([.)])/, '$1\\$2');
}

/** Writes code whatever is in it: the fence is longer than any in the text (CommonMark 0.31, 6.1). */
export function codeSpan(line: string): string {
  const longest = Math.max(0, ...(line.match(/`+/g) ?? []).map((run) => run.length));
  const fence = '`'.repeat(longest + 1);
  const pad = /^`|`$/.test(line) ? ' ' : '';
  return `${fence}${pad}${line}${pad}${fence}`;
}
