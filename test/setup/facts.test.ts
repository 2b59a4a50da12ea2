import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { project } from './document-checks.ts';

/** A document whose first tables have facts, and whose last one has the tests that hold them. */
interface Facts {
  document: string;
  /** Where a test may be that is named without a folder. */
  folders: string[];
}

const documents: Facts[] = [
  { document: 'kubernetes-facts.md', folders: ['kubernetes'] },
  { document: 'incidents/facts.md', folders: ['alerts', 'workflows'] },
];

/** What stands for a test where there is none. */
const withoutTest = ['not yet', 'not ours'];

const rowsOf = (part: string): string[][] =>
  part
    .split('\n')
    .filter((line) => /^\| \d/.test(line))
    .map((line) => line.split(' | ').map((cell) => cell.replace(/^\| | \|$/g, '').trim()));

describe.each(documents)('the facts in docs/$document', ({ document, folders }) => {
  const text = readFileSync(join(project, 'docs', document), 'utf8');
  const [facts = '', tests = ''] = text.split('## The tests that hold them');

  it('have a row each, in their order, with a source', () => {
    const rows = rowsOf(facts);
    expect(rows.length).toBeGreaterThan(0);
    expect(rows.map(([number]) => Number(number))).toEqual(rows.map((_row, index) => index + 1));
    expect(rows.filter(([, , source]) => !source)).toEqual([]);
  });

  it('are all said to be held by a test, or by none', () => {
    const held = new Set(rowsOf(tests).map(([number]) => number));
    expect([...held]).toEqual(rowsOf(facts).map(([number]) => number));
  });

  it('are held by tests that there are', () => {
    const named = rowsOf(tests).filter(([, file = '']) => !withoutTest.includes(file));
    expect(named.length).toBeGreaterThan(0);
    const missing = named.filter(([, file = '', name = '']) => {
      const path = file.replaceAll('`', '');
      const places = path.includes('/') ? [path] : folders.map((folder) => join('test', folder, path));
      const full = places.map((place) => join(project, place)).find((place) => existsSync(place));
      return name === '' || full === undefined || !readFileSync(full, 'utf8').includes(name);
    });
    expect(missing).toEqual([]);
  });
});
