/** Cuts a line to `maxLength` characters, and shows that it was cut. Half a character at the end goes, too. */
export function cutLine(line: string, maxLength: number): string {
  return line.length <= maxLength ? line : `${line.slice(0, maxLength - 1).replace(/[\ud800-\udbff]$/, '')}…`;
}
