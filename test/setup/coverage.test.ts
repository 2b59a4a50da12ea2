import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { catalogJsonSchema } from '../../catalog/json-schema.ts';
import type { GateKind } from '../../contract/catalog/gates.ts';
import { categoryNames } from '../../contract/incident/categories/index.ts';
import { mitigationNames } from '../../contract/incident/category.ts';
import type { Look } from '../../contract/incident/look.ts';
import { messageNames } from '../../contract/messages.ts';
import { stepNames } from '../../contract/step-names.ts';
import { workflowTypes } from '../../contract/workflow-types.ts';
import { problemsOfRow, problemsOfRunbook, runbooksIn, type Names } from './coverage-table.ts';
import { project } from './document-checks.ts';

const lookKinds: Look['kind'][] = ['alerts', 'health', 'routes', 'database', 'serving', 'logs', 'metric', 'ids'];
const gateKinds: GateKind[] = ['http', 'auth', 'queue', 'runOutput', 'log', 'metric', 'command'];
const names: Names = {
  workflow: Object.values(workflowTypes),
  step: stepNames,
  category: categoryNames,
  mitigation: mitigationNames,
  message: Object.values(messageNames),
  look: lookKinds,
  gate: gateKinds,
};
const schema = catalogJsonSchema() as object;
/** The last line of each runbook. */
const lastLines = { '000': 77, '001': 196, '002': 354, '003': 120, '004': 92 };
const runbooks = runbooksIn(readFileSync(join(project, 'docs', 'runbooks', 'coverage.md'), 'utf8'));

describe('the coverage table', () => {
  it('has every line of the five runbooks, once and in order', () => {
    expect(runbooks.map(({ name }) => name)).toEqual(Object.keys(lastLines));
    for (const runbook of runbooks)
      expect(problemsOfRunbook(runbook, lastLines[runbook.name as keyof typeof lastLines])).toEqual([]);
  });

  it('names places that exist, or says that there is none', () => {
    const rows = runbooks.flatMap(({ name, rows: all }) => all.map((row) => ({ name, row })));
    expect(rows.length).toBeGreaterThan(100);
    const problems = rows.flatMap(({ name, row }) =>
      problemsOfRow(row, names, schema).map((problem) => `${name}, lines ${row.lines}: ${problem}`),
    );
    expect(problems).toEqual([]);
  });
});

describe('a coverage table that is wrong', () => {
  const table = (...lines: string[]) => {
    const rows = lines.map((range) => `| ${range} | asks | workflow \`deploy\` |`).join('\n');
    const [found] = runbooksIn(`## Runbook 000: x\n\n| lines | what it asks | here |\n|---|---|---|\n${rows}\n`);
    return found ? problemsOfRunbook(found, 9) : ['no runbook'];
  };
  it.each([
    [['1-4', '6-9'], 'line 5 is missing'],
    [['1-4', '4-9'], 'line 4 is there twice'],
    [['1-8'], 'ends at line 8, not 9'],
    [['1-x'], '1-x is no range of lines'],
  ])('is found: %j', (lines, problem) => {
    expect(table(...lines)).toContain(problem);
  });

  it.each([
    ['workflow `fly`', 'there is no workflow fly'],
    ['step `fly`', 'there is no step fly'],
    ['catalog `migration.fly`', 'the catalog has no field migration.fly'],
    ['gate `fly`', 'there is no gate fly'],
    ['somewhere', 'names no place'],
    ['', 'names no place'],
    ['wing `left`', 'left is of no kind that is known'],
  ])('is found, %j', (here, problem) => {
    expect(problemsOfRow({ lines: '1', here }, names, schema)).toContain(problem);
  });
});
