/** A report as a whole: what markdown.ts and html/ write, each in its form. */
export interface Report {
  /** A word before the title that sums it up, such as a severity or a verdict. */
  badge: string;
  title: string;
  headline: string;
  facts: [name: string, value: string][];
  sections: Section[];
  /** RFC 3339. */
  madeAt: string;
  /** What it was made from: its kind, its name, and the page where it is. */
  from: { kind: string; name: string; link: string | null };
}

/**
 * The parts that a report is made of. A section says what is told, in plain text; how it is written, and that no text
 * from outside becomes markup, is the matter of markdown.ts and html/.
 */
export interface Section {
  title: string;
  blocks: Block[];
}

export type Block =
  | { kind: 'text'; text: string }
  | { kind: 'table'; columns: string[]; rows: string[][] }
  | { kind: 'list'; items: Item[]; numbered?: boolean }
  /** Lines as they were written. */
  | { kind: 'lines'; text: string }
  /** A picture, and what stands in its place where none can be. */
  | { kind: 'drawing'; of: 'timeline' | 'error rate'; text: string };

export interface Item {
  /** A sign before it, such as ✓. */
  mark?: string;
  /** What it is about. */
  title: string;
  text: string;
  /** Lines below it. */
  below?: string[];
  /** A question or a command as it is typed. */
  code?: string;
  /** A page with more. */
  link?: string | null;
}
