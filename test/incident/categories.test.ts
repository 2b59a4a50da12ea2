import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { categories, categoryNames, categoryOf, categoryOfAlert } from '../../contract/incident/categories/index.ts';
import { lookName } from '../../contract/incident/look.ts';

/** The actions of runbook 001, section 4, in their order, in a few words each. */
const runbook: Record<string, string[]> = {
  A: ['stream.session outcomes', 'run.finished', 'cancel storm'],
  B: ['restart churn', 'janitor, stale leases', 'BEAM distribution, network policy'],
  C: ['by tool, provider, error class', 'provider health', 'timeout budgets, cancellation'],
  D: ['reason codes', 'budgets, recent config changes', 'looping workloads'],
  E: ['provider incident', 'fallback in receipts', 'roll back config changes'],
  F: ['two alerts', 'reject reasons', 'mint config parity', 'playbook, incident A'],
  G: ['two alerts', 'heartbeat, reconnect, retention', 'resnapshot', 'playbook, incidents B and C'],
};
const project = path.join(import.meta.dirname, '../..');
const read = (file: string): string => readFileSync(path.join(project, file), 'utf8');
const generalLooks = ['alerts', 'health', 'routes', 'database', 'serving', 'ids', 'usual failures'];

describe('the categories', () => {
  it('are those of the runbook in its order, and further ones behind them, by letter', () => {
    const letters = categoryNames.map((name): string => categories[name].letter);
    expect(letters.slice(0, 7)).toEqual(Object.keys(runbook));
    expect(letters).toEqual([...'ABCDEFGHIJKLMNOPQRSTUVWXYZ'].slice(0, letters.length));
  });

  it('have each alert once', () => {
    for (const name of categoryNames)
      for (const alert of categoryOf(name).alerts) expect(categoryOfAlert(alert)).toBe(name);
  });

  it('have the alerts that the sample ships, by letter', () => {
    const shipped = [...read('docs/alerts.md').matchAll(/^\| `(\w+)` \| .* \| `sev\d` \| ([A-Z]) \|/gm)];
    expect(shipped.length).toBeGreaterThanOrEqual(9);
    for (const [, alert = '', letter] of shipped) {
      const name = categoryOfAlert(alert);
      expect(name && categoryOf(name).letter).toBe(letter);
    }
  });

  it('share no word', () => {
    const words = categoryNames.flatMap((name) => categoryOf(name).words);
    expect(words.toSorted()).toEqual([...new Set(words)].sort());
  });
});

describe.each(categoryNames)('%s', (name) => {
  const { letter, looks, checklist, alerts, words, runbook: page } = categoryOf(name);

  it('cites every action of the runbook once', () => {
    const cited = checklist.map(({ cites }) => cites);
    expect(new Set(cited).size).toBe(cited.length);
    const actions = runbook[letter];
    if (actions)
      expect(cited).toEqual(actions.map((_, index) => `runbook 001, section 4, ${letter}, action ${index + 1}`));
  });

  it('has a page for people', () => {
    if (!page.startsWith('https://')) expect(existsSync(path.join(project, page))).toBe(true);
  });

  it('is answered by looks that there are, or by a person who is told why', () => {
    const known = [...generalLooks, ...looks.map(lookName)];
    for (const { answeredBy } of checklist) {
      if ('person' in answeredBy) expect(answeredBy.person.length).toBeGreaterThan(30);
      else expect(known).toEqual(expect.arrayContaining([...answeredBy.looks]));
    }
  });

  it('looks at nothing that answers nothing', () => {
    const used = checklist.flatMap(({ answeredBy }) => ('looks' in answeredBy ? answeredBy.looks : []));
    const named = checklist.flatMap(({ answeredBy }) => ('person' in answeredBy ? [answeredBy.person] : []));
    for (const look of looks.map(lookName))
      expect(used.includes(look) || named.some((text) => text.includes(`\`${look}\``))).toBe(true);
  });

  it('gives looks and actions names of their own', () => {
    const names = looks.map(lookName);
    expect(new Set([...names, ...generalLooks]).size).toBe(names.length + generalLooks.length);
    expect(new Set(checklist.map((one) => one.name)).size).toBe(checklist.length);
  });

  it('has alerts and words to be found by', () => {
    expect(alerts.length).toBeGreaterThan(0);
    expect(words.length).toBeGreaterThan(0);
  });

  it('has its row in the document', () => {
    const own = checklist.filter(({ answeredBy }) => 'looks' in answeredBy).length;
    expect(read('docs/incidents/categories.md')).toContain(
      `| ${letter} | \`${name}\` | ${categoryOf(name).title} | ${own} of ${checklist.length} |`,
    );
  });
});

it('the document has no row of a category that there is not', () => {
  const rows = [
    ...read('docs/incidents/categories.md').matchAll(/^\| [A-Z] \| `(\w+)` \| .* \| \d+ of \d+ \| .* \|$/gm),
  ].map(([, name]) => name);
  expect(rows).toEqual(categoryNames);
});
