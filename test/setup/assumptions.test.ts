import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { questions } from '../../activities/google/probe/questions/index.ts';
import { project } from './document-checks.ts';

const text = readFileSync(join(project, 'docs/platform-assumptions.md'), 'utf8');

/** The rows of the tables, as their cells. */
const rows = text
  .split('\n')
  .filter((line) => line.startsWith('| '))
  .map((line) => line.split('|').slice(1, -1))
  .map((cells) => cells.map((cell) => cell.trim()));
const asked = rows.flatMap(([first = '', assumed = '']) => {
  const [, id] = /^`([a-z-]+)`$/.exec(first) ?? [];
  return id === undefined ? [] : [[id, assumed]];
});

describe('docs/platform-assumptions.md', () => {
  it('has each question of the probe once, with the answers that Slipway is built for', () => {
    const inCode = questions.map(({ id, assumed }) => [id, assumed.join(', or ') || 'any']);
    expect([...asked].sort()).toEqual([...inCode].sort());
  });

  it('has a source for each row', () => {
    const sources = new Set([...text.matchAll(/^(\d+)\. /gm)].map(([, number]) => number));
    const named = rows.flatMap((cells) =>
      cells.filter((cell) => /^\d+(, \d+)*$/.test(cell)).map((cell) => cell.split(', ')),
    );
    expect(named).toHaveLength(rows.filter(([first]) => !/^(row|what Slipway assumes)$/.test(first ?? '')).length);
    expect(named.flat().filter((number) => !sources.has(number))).toEqual([]);
    expect([...sources].filter((number) => !named.flat().includes(number ?? ''))).toEqual([]);
  });

  it('says what follows from another answer wherever one is assumed', () => {
    for (const { assumed, otherwise } of questions) expect(otherwise !== '').toBe(assumed.length > 0);
  });
});
