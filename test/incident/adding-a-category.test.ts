import { execFileSync } from 'node:child_process';
import { cpSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolders } from '../emulator/folders.ts';

const project = path.join(import.meta.dirname, '../..');
const folders = temporaryFolders();

/** The file of a category H. */
const file = `
import type { Category } from '../category.ts';

export const queueBacklog = {
  letter: 'H',
  title: 'queue backlog grows',
  alerts: ['RuntimeQueueBacklogHigh'],
  words: ['queue', 'backlog'],
  runbook: 'https://runbooks.example.com/queue',
  looks: [{ kind: 'logs', name: 'queue lines', word: 'queue', by: ['outcome'] }],
  checklist: [
    {
      name: 'outcomes',
      action: 'compare how jobs end',
      cites: 'queue runbook, action 1',
      answeredBy: { looks: ['queue lines'] },
    },
  ],
  mitigations: ['rollback'],
} as const satisfies Category;
`;

/** What of the product names categories, asked of a copy of it. */
const questions = `
import { causeOfAlert, categoryOf } from './contract/incident/categories/index.ts';
import { rankCategories } from './contract/incident/ranking.ts';
import { categoryTitle } from './contract/incident/text.ts';
import { incidentInput } from './contract/inputs.ts';
import { classifyPayload } from './contract/messages.ts';
import { classify } from './client/commands/incident/respond.ts';
import { open } from './client/commands/incident/open.ts';

const input = { service: 'app', environment: 'staging', title: 'slow', openedBy: 'somebody', category: 'queueBacklog' };
const evidence = { name: 'ids', lines: ['40 × ERROR queue backlog of 900 jobs'] };
console.log(
  JSON.stringify({
    cause: causeOfAlert('RuntimeQueueBacklogHigh'),
    looks: categoryOf('queueBacklog').looks.map(({ name }) => name),
    likely: rankCategories([evidence]).map(({ category }) => category),
    title: categoryTitle('queueBacklog'),
    isOpened: incidentInput.safeParse(input).success,
    isClassified: classifyPayload.safeParse({ by: 'somebody', category: 'queueBacklog' }).success,
    flags: [open, classify].every((command) => JSON.stringify(command.flags).includes('queueBacklog')),
  }),
);
`;

describe('a category that is added as the document says, by a file and a line', () => {
  it('opens incidents, is ranked, is named in inputs, messages and flags, and has its looks', () => {
    const copy = folders.create('category');
    for (const folder of ['contract', 'client', 'catalog', 'activities', 'package.json'])
      cpSync(path.join(project, folder), path.join(copy, folder), { recursive: true });
    symlinkSync(path.join(project, 'node_modules'), path.join(copy, 'node_modules'));
    const categories = path.join(copy, 'contract/incident/categories');
    const record = readFileSync(path.join(categories, 'index.ts'), 'utf8');
    const withLine = record.replace(/^\} as const satisfies/m, '  queueBacklog,\n} as const satisfies');
    writeFileSync(path.join(categories, 'queue-backlog.ts'), file);
    writeFileSync(path.join(categories, 'index.ts'), `import { queueBacklog } from './queue-backlog.ts';\n${withLine}`);
    writeFileSync(path.join(copy, 'questions.ts'), questions);
    const answered = execFileSync(process.execPath, ['questions.ts'], { cwd: copy, encoding: 'utf8' });
    expect(JSON.parse(answered)).toEqual({
      cause: 'queue-backlog',
      looks: ['queue lines'],
      likely: ['queueBacklog'],
      title: expect.stringContaining('queue backlog grows'),
      isOpened: true,
      isClassified: true,
      flags: true,
    });
  });
});
