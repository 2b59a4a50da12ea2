/** Writes and reads a line of evidence that stands for several alike: `12 × tail_timeout`. */

export function writeGroup(count: number, text: string): string {
  return `${count} × ${text}`;
}

/** Reads such a line; any other stands for itself. */
export function readGroup(line: string): { count: number; text: string } {
  const [, count, text] = /^(\d{1,9}) × (.*)$/su.exec(line) ?? [];
  return count === undefined || text === undefined ? { count: 1, text: line } : { count: Number(count), text };
}
