import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { buildWholeProgram } from '../../client/cli/program.ts';
import { commands } from '../../client/commands/index.ts';
import {
  brokenLinks,
  longLines,
  missingDecisions,
  missingPaths,
  project,
  unknownCommands,
  unknownScripts,
  type Document,
} from './document-checks.ts';
import { longSentences, missingContents } from './document-form.ts';

const sourceFolders = [
  'activities',
  'bench',
  'catalog',
  'client',
  'contract',
  'sandbox',
  'test',
  'worker',
  'workflows',
];
const read = (path: string): Document => ({ path, text: readFileSync(join(project, path), 'utf8') });
const filesIn = (folder: string, ending: RegExp): string[] =>
  readdirSync(join(project, folder), { recursive: true, encoding: 'utf8' })
    .filter((path) => ending.test(path) && !path.includes('node_modules'))
    .map((path) => join(folder, path));

const documents = [
  ...readdirSync(project).filter((path) => path.endsWith('.md')),
  ...['client/package/README.md', 'sandbox/kubernetes/node/README.md', 'sandbox/services/README.md'],
  ...filesIn('docs', /\.md$/),
].map(read);
const sources = sourceFolders
  .flatMap((folder) => filesIn(folder, /\.(ts|js|yaml)$/))
  .filter((path) => !path.startsWith('test/setup/document'))
  .map(read);
const decisions = readdirSync(join(project, 'docs', 'adr'));
const { scripts } = JSON.parse(read('package.json').text) as { scripts: Record<string, string> };
const program = await buildWholeProgram(commands);

const checks = {
  paths: missingPaths,
  links: brokenLinks,
  decisions: (document: Document) => missingDecisions(document, decisions),
  commands: (document: Document) => unknownCommands(document, program),
  // The samples have scripts of their own.
  scripts: (document: Document) =>
    document.path.startsWith('sandbox/services/') ? [] : unknownScripts(document, Object.keys(scripts)),
  columns: longLines,
  contents: missingContents,
  // A decision is a record of its time, and the reference of the catalog is made from the schema.
  sentences: (document: Document) =>
    /^docs\/(?:adr\/|catalog\.md)/.test(document.path) ? [] : longSentences(document),
};
const problemsOf = (check: (document: Document) => string[], texts: readonly Document[]): string[] =>
  texts.flatMap((document) => check(document).map((problem) => `${document.path}: ${problem}`));

describe('documents', () => {
  it.each(Object.entries(checks))('name only what there is: %s', (_name, check) => {
    expect(problemsOf(check, documents)).toEqual([]);
  });

  it('are all in the index, or in one that it links to', () => {
    const linkedFrom = (path: string): string[] =>
      [...read(path).text.matchAll(/\]\(([^)#:]+\.md)/g)].map(([, target = '']) => join(dirname(path), target));
    const index = 'docs/README.md';
    const first = linkedFrom(index);
    const found = new Set([
      index,
      ...first,
      ...first.filter((path) => path.endsWith('/README.md')).flatMap(linkedFrom),
    ]);
    expect(filesIn('docs', /\.md$/).filter((path) => !found.has(path))).toEqual([]);
  });

  it('are there where comments of the code name them', () => {
    const named = sources.flatMap(({ path, text }) =>
      (text.match(/(?<![\w./-])docs\/[\w./-]*/g) ?? []).map((one) => ({ path, text: one })),
    );
    expect(named.length).toBeGreaterThan(0);
    expect(problemsOf(missingPaths, named)).toEqual([]);
    expect(problemsOf(checks.decisions, sources)).toEqual([]);
  });
});

describe('a document that is wrong', () => {
  const wrong: [kind: keyof typeof checks, text: string, problem: string][] = [
    ['paths', 'see `workflows/lib/steps.ts`.', 'workflows/lib/steps.ts does not exist'],
    ['paths', '`activities/google/cloud-run/{stage,fly}.ts`', 'activities/google/cloud-run/fly.ts does not exist'],
    ['paths', '`activities/nowhere/<kind>.ts`', 'activities/nowhere/ does not exist'],
    ['paths', '`workflows/deploy.ts` (to come)', 'workflows/deploy.ts exists: it is not to come any more'],
    ['links', '[gates](docs/gate.md)', 'docs/gate.md: there is no file docs/gate.md'],
    ['links', '[gates](docs/gates.md#nothing)', 'docs/gates.md#nothing: docs/gates.md has no heading for it'],
    ['links', '# Here\n\n[there](#there)', '#there: README.md has no heading for it'],
    ['decisions', 'as ADR 0001, 9999 say', 'there is no ADR 9999'],
    ['commands', '`./slipway fly`', './slipway fly: there is no command fly'],
    ['commands', '`./slipway sandbox fly`', './slipway sandbox fly: there is no command fly'],
    ['commands', '```sh\n./slipway deploy x \\\n  --far\n```', './slipway deploy x --far: there is no flag --far'],
    ['commands', '`./slipway drift a b # all`', './slipway drift a b: takes 1 arguments, not a b'],
    ['scripts', '`npm run fly`', 'there is no npm run fly'],
    ['columns', `| ${'x'.repeat(119)} |`, 'line 1 has 123 columns'],
    ['contents', `# A\n\n[b](#b)\n\n## B\n\n## C\n\n${'\n'.repeat(120)}[c](#c)\n`, 'its contents have no link to #c'],
    ['sentences', `One. ${'Two '.repeat(35)}three.`, '36 words: Two Two Two Two Two Two Two Two …'],
  ];

  it.each(wrong)('is found, %s: %s', (kind, text, problem) => {
    expect(checks[kind]({ path: 'README.md', text })).toEqual([problem]);
  });

  const right: [kind: keyof typeof checks, text: string][] = [
    ['paths', 'In `workflows/deploy.ts`, `contract/{ids,fence}.ts`, `activities/gates/<kind>.ts`, docs/adr.'],
    ['paths', '`workflows/nothing.ts` (to come)'],
    ['links', '# A `b` (c)\n\n[x](#a-b-c), [y](https://example.com/y), [z](docs/gates.md#log), `[no](link)`'],
    ['contents', `# A\n\n[b](#b)\n${'\n'.repeat(120)}## B\n\n### C\n\n\`\`\`sh\n## no heading\n\`\`\`\n`],
    ['contents', '# A\n\n## B\n'],
    ['sentences', `${'one two '.repeat(17)}. [Three](docs/gates.md) \`${'four '.repeat(40)}\`.`],
    ['commands', '`./slipway <command> --help`, `./slipway catalog schema > x`, `./slipway release … --print`'],
  ];

  it.each(right)('is not seen where all is well, %s: %s', (kind, text) => {
    expect(checks[kind]({ path: 'README.md', text })).toEqual([]);
  });
});
