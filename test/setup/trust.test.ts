import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { project } from './document-checks.ts';

interface Fault {
  id: string;
  /** How it is met; empty where it is not. */
  met: string;
  /** What is not done, with the reason. */
  refused: string[];
  /** What nobody could try on one machine, with what a person can do. */
  beyond: string[];
  /** What is said in no form that there is. */
  others: string[];
  tests: { file: string; title: string }[];
}

const numbers = (letter: string, ids: readonly number[], width = 1): string[] =>
  ids.map((id) => `${letter}${String(id).padStart(width, '0')}`);
const upTo = (last: number): number[] => Array.from({ length: last }, (_, index) => index + 1);
const known = [
  ...numbers('A', upTo(12)),
  ...numbers('B', upTo(15)),
  ...numbers('C', upTo(11)),
  ...numbers('S', upTo(14)),
  ...numbers('R', [4, 5, 6, 8, 9, 10, 12, 16, 17, 18, 19], 2),
  ...numbers('PC', upTo(4)),
];

/** Reads the faults of the document: a heading with a number, how it is met, and the tests. */
function faultsIn(text: string): Fault[] {
  return text
    .split(/^### (?=(?:[ABCSR]|PC)\d+\. )/m)
    .slice(1)
    .map((section) => {
      const lines = section.replace(/\n {2}(?=\S)/g, ' ').split('\n');
      const after = (start: string) =>
        lines.filter((line) => line.startsWith(start)).map((line) => line.slice(start.length));
      const tests = after('- Test: ').map((line) => {
        const [, file = '', title = ''] = /^`([^`]+)`(?: › (.+))?$/.exec(line) ?? [];
        return { file, title };
      });
      const forms = { met: '- Met: ', refused: '- Refused: ', beyond: '- Beyond this machine: ', test: '- Test: ' };
      const known = Object.values(forms);
      return {
        id: section.slice(0, section.indexOf('.')),
        met: after(forms.met).join(' '),
        refused: after(forms.refused),
        beyond: after(forms.beyond),
        others: lines.filter((line) => line.startsWith('- ') && !known.some((form) => line.startsWith(form))),
        tests,
      };
    });
}

const faults = faultsIn(readFileSync(join(project, 'docs/trust.md'), 'utf8'));

describe('docs/trust.md', () => {
  it('has every fault once', () => {
    expect(faults.map(({ id }) => id)).toEqual(known);
  });

  it.each(faults)('says of $id how it is met and which test shows it, or why it is not', (fault) => {
    const { met, refused, beyond, others, tests } = fault;
    expect([met, ...refused, ...beyond].join(' ')).toMatch(/\S+ \S+/);
    expect(others).toEqual([]);
    for (const text of refused) expect(text).toMatch(/, because \S+ \S+/);
    for (const text of beyond) expect(text).toMatch(/ To do: \S+ \S+/);
    if (met !== '') expect(tests).not.toEqual([]);
    for (const { file, title } of tests) {
      expect(existsSync(join(project, file)), file).toBe(true);
      expect(readFileSync(join(project, file), 'utf8').replace(/\s+/g, ' '), file).toContain(title);
    }
  });
});
