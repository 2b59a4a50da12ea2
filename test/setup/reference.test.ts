import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { exitCodes } from '../../client/cli/exit-codes.ts';
import { settingVariables } from '../../client/cli/settings.ts';
import { outcomeTypes, stepFailureTypes } from '../../contract/failures.ts';
import { workerRights, type GoogleRight } from '../../contract/google-rights.ts';
import { searchAttributeNames } from '../../contract/search-attributes.ts';
import { phases, type StatusMemo } from '../../contract/status.ts';
import { project } from './document-checks.ts';

const read = (path: string): Promise<string> => readFile(join(project, path), 'utf8');

/** Answers the cells of each row of the tables below a heading, without the row of titles; of all, without one. */
async function tableIn(path: string, heading?: string): Promise<string[][]> {
  const chapters = (await read(path)).split(/^#+ /m);
  const text = heading === undefined ? chapters.join('\n') : chapters.find((one) => one.startsWith(`${heading}\n`));
  const rows = (text ?? '').split('\n').filter((line) => line.startsWith('| '));
  return rows
    .map((row) => row.split('|').slice(1, -1))
    .map((cells) => cells.map((cell) => cell.trim()))
    .filter(([first = '']) => /^(?:\d|`|\*)/.test(first));
}

const names = (cell = ''): string[] => [...cell.matchAll(/`([^`]+)`/g)].map(([, name]) => name ?? '');
const firstNames = (rows: string[][]): string[] => rows.flatMap(([first]) => names(first));

/** Reads all sources in these folders, with their names. */
async function sourcesIn(folders: string[]): Promise<string[]> {
  const files = await Promise.all(
    folders.map(async (folder) =>
      (await readdir(join(project, folder), { recursive: true }))
        .filter((name) => name.endsWith('.ts') && !/^services\/|^replay\/histories/.test(name))
        .map((name) => join(folder, name)),
    ),
  );
  return Promise.all(files.flat().map(read));
}

describe('docs/reference/settings.md', () => {
  const document = 'docs/reference/settings.md';
  const setBySlipway =
    /^SLIPWAY_(KEY_|SANDBOX_(?!DIR)|SECRET_|CHANGE$|STEP$|ATTEMPT$|FENCE$|EXECUTION$|TRAFFIC_TARGETS$)/;
  const ofOthers = ['What Slipway sets itself', 'What libraries read'];

  const variablesInCode = async (): Promise<Set<string>> => {
    const sources = await sourcesIn(['activities', 'client', 'contract', 'catalog', 'sandbox', 'worker', 'workflows']);
    const [launcher, compose] = [await read('slipway'), await read('docker-compose.yml')];
    const tests = (await sourcesIn(['test'])).join('\n').matchAll(/process\.env\['(SLIPWAY_(?!TEST_)\w+)'\]/g);
    const texts = [...sources, launcher, compose];
    const named = texts.flatMap((text) => text.match(/\b(?:SLIPWAY|TEMPORAL)_[A-Z][A-Z_]*[A-Z]\b/g) ?? []);
    const used = texts.flatMap((text) => [
      ...text.matchAll(/(?:\benvironment|\bprocess\.env)(?:\['|\.)([A-Z][A-Z_]+)\b/g),
    ]);
    const inShell = [launcher, compose].flatMap((text) => [...text.matchAll(/\$\{([A-Z_]+)/g)]);
    const found = [...named, ...[...used, ...inShell, ...tests].map(([, name]) => name ?? '')];
    // The last one is read by an image of others.
    return new Set(found.filter((name) => !setBySlipway.test(name) && name !== 'TEMPORAL_UI_PORT'));
  };

  it('has every variable that the code reads, once, and no other', async () => {
    const others = await Promise.all(ofOthers.map((heading) => tableIn(document, heading)));
    const rows = (await tableIn(document)).filter((row) => !others.flat().some((other) => other[0] === row[0]));
    const variables = firstNames(rows).filter((name) => /^[A-Z_]+$/.test(name));
    expect(variables.length).toBeGreaterThan(40);
    expect(variables.sort()).toEqual([...(await variablesInCode())].sort());
  });

  it('has the keys of the settings file', async () => {
    const rows = (await tableIn(document, 'Commands')).map(([variable, key]) => [...names(key), ...names(variable)]);
    expect(Object.fromEntries(rows.filter(({ length }) => length === 2))).toEqual(settingVariables);
  });
});

it('docs/reference/exit-codes.md has every exit code', async () => {
  const codes = (await tableIn('docs/reference/exit-codes.md')).map(([code]) => Number(code));
  expect(codes.filter((code) => !Number.isNaN(code))).toEqual(Object.values(exitCodes));
});

describe('docs/reference/search-attributes.md', () => {
  const document = 'docs/reference/search-attributes.md';
  const memo: Record<keyof StatusMemo, true> = { phase: true, waitingFor: true, next: true, at: true, outcome: true };

  it('has every search attribute, also as Docker creates them', async () => {
    expect(firstNames(await tableIn(document, 'Search attributes'))).toEqual(searchAttributeNames);
    expect(await read('docker/search-attributes.sh')).toContain(`for name in ${searchAttributeNames.join(' ')};`);
  });

  it('has every field of the memo', async () => {
    expect(firstNames(await tableIn(document, 'Memo of a run'))).toEqual(Object.keys(memo));
  });
});

describe('failure types', () => {
  it('are all in docs/reference/failure-types.md', async () => {
    const document = 'docs/reference/failure-types.md';
    expect(firstNames(await tableIn(document, 'Failure types'))).toEqual(outcomeTypes);
    expect(firstNames(await tableIn(document, 'Of a step'))).toEqual(stepFailureTypes);
  });

  it('are all explained in docs/operating/outcomes.md', async () => {
    const explained = firstNames(await tableIn('docs/operating/outcomes.md'));
    expect(explained.sort()).toEqual([...outcomeTypes].sort());
  });
});

it('docs/operating/waiting.md explains every phase', async () => {
  const rows = await tableIn('docs/operating/waiting.md', 'Which phase, and what if it stays there');
  expect(firstNames(rows).sort()).toEqual([...phases].sort());
});

describe('docs/reference/permissions.md', () => {
  const document = 'docs/reference/permissions.md';

  it('has the rules of deploy/kubernetes/rbac.yaml', async () => {
    const objects = parseAllDocuments(await read('deploy/kubernetes/rbac.yaml')).map((one) => one.toJS() as unknown);
    const role = objects.find((one) => (one as { kind: string }).kind === 'Role');
    const { rules } = role as { rules: { resources: string[]; verbs: string[] }[] };
    const granted = rules.map(({ resources, verbs }) => [resources.sort().join(), verbs.join(', ')]);
    const rows = await tableIn(document, 'Kubernetes');
    const told = rows.map(([resources, verbs]) => [names(resources).sort().join(), verbs]);
    expect(told.sort()).toEqual(granted.sort());
  });

  it('has the least rights of a worker, and so has the role in deploy/google-cloud', async () => {
    const rights = Object.values(workerRights).flatMap((rows): readonly GoogleRight[] => rows);
    const rows = await tableIn(document, 'The least rights of a worker');
    expect(rows).toEqual(rights.map(({ permission, on, use }) => [`\`${permission}\``, on, use]));
    const text = await read(document);
    for (const feature of Object.keys(workerRights))
      expect(text.toLowerCase()).toContain(`**${feature.toLowerCase()}**`);
    const role = parse(await read('deploy/google-cloud/worker-role.yaml')) as { includedPermissions: string[] };
    const onProject = rights.filter(({ on }) => on === 'the project').map(({ permission }) => permission);
    expect(role.includedPermissions).toEqual([...new Set(onProject)].sort());
  });

  it('has every role of Google Cloud that a message names', async () => {
    const named = (await sourcesIn(['activities', 'client', 'contract'])).flatMap(
      (text) => text.match(/\broles\/\w+(?:\.\w+)+/g) ?? [],
    );
    const told = new Set(
      firstNames(await tableIn(document)).concat((await tableIn(document)).flatMap(([, role]) => names(role))),
    );
    expect(named.length).toBeGreaterThan(5);
    expect(named.filter((role) => !told.has(role))).toEqual([]);
  });
});
