import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { project } from './document-checks.ts';

const text = readFileSync(join(project, 'docs', 'kubernetes-facts.md'), 'utf8');
const [facts = '', tests = ''] = text.split('## The tests that hold them');
const rowsOf = (part: string): string[][] =>
  part
    .split('\n')
    .filter((line) => /^\| \d/.test(line))
    .map((line) => line.split(' | ').map((cell) => cell.replace(/^\| | \|$/g, '').trim()));

describe('the facts about Kubernetes', () => {
  it('have a row each, in their order, with a source', () => {
    const rows = rowsOf(facts);
    expect(rows.map(([number]) => Number(number))).toEqual(rows.map((_row, index) => index + 1));
    expect(rows.filter(([, , source]) => !source)).toEqual([]);
  });

  it('are all said to be held by a test, or by none yet', () => {
    const held = new Set(rowsOf(tests).map(([number]) => number));
    expect([...held]).toEqual(rowsOf(facts).map(([number]) => number));
  });

  it('are held by tests that there are', () => {
    const named = rowsOf(tests).filter(([, file]) => file !== 'not yet');
    expect(named.length).toBeGreaterThan(0);
    const missing = named.filter(([, file = '', name = '']) => {
      const path = file.replaceAll('`', '');
      const full = join(project, path.includes('/') ? path : join('test', 'kubernetes', path));
      return name === '' || !existsSync(full) || !readFileSync(full, 'utf8').includes(name);
    });
    expect(missing).toEqual([]);
  });
});
