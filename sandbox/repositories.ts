import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fastImportStream } from './repositories/fast-import.ts';
import { git } from './repositories/git.ts';
import { histories } from './repositories/histories.ts';
import type { History } from './repositories/histories.ts';
import { readTree } from './repositories/tree.ts';

export interface ScenarioCommit {
  name: string;
  /** Full commit id. */
  commit: string;
  description: string;
}

export interface SampleRepository {
  name: string;
  /** The bare repository, `<dir>/repos/<name>.git`. */
  path: string;
  scenarios: ScenarioCommit[];
}

const servicesFolder = join(import.meta.dirname, 'services');

/** Commits by service and scenario: `commits['openagents-runtime'].good`. */
export type ScenarioCommits = Record<string, Record<string, string>>;

const streamOf = async (history: History): Promise<Buffer> => {
  const folder = join(servicesFolder, history.name);
  return fastImportStream(history, await Promise.all(history.scenarios.map(({ layers }) => readTree(folder, layers))));
};

const importedAlready = async (stampFile: string, digest: string): Promise<boolean> =>
  (await readFile(stampFile, 'utf8').catch(() => '')) === digest;

/** Brings the bare repository to the history; what has the history already is left alone. */
const importHistory = async (path: string, stream: Buffer): Promise<void> => {
  const stampFile = join(path, 'sample-history');
  const digest = createHash('sha256').update(stream).digest('hex');
  if (await importedAlready(stampFile, digest)) return;
  await git(['init', '--quiet', '--bare', '--template=', '--initial-branch=main', '--object-format=sha1', path]);
  // One pack instead of loose objects: a clone over plain HTTP then needs a handful of requests.
  await git(['-C', path, '-c', 'fastimport.unpackLimit=1', 'fast-import', '--quiet', '--force', '--done'], stream);
  await git(['-C', path, 'update-server-info']);
  await writeFile(stampFile, digest);
};

const commitsOf = async (path: string, history: History): Promise<ScenarioCommit[]> => {
  const lines = (await git(['-C', path, 'for-each-ref', '--format=%(refname:short) %(objectname)', 'refs/tags'])).split(
    '\n',
  );
  const commits = new Map(lines.map((line) => line.split(' ') as [string, string]));
  return history.scenarios.map(({ name, description }) => {
    const commit = commits.get(name);
    if (commit === undefined) throw new Error(`repository ${path} has no tag ${name}`);
    return { name, commit, description };
  });
};

const createRepository = async (folder: string, history: History): Promise<SampleRepository> => {
  const path = join(folder, `${history.name}.git`);
  await importHistory(path, await streamOf(history));
  return { name: history.name, path, scenarios: await commitsOf(path, history) };
};

/** Names the folder of the sample services' repositories in a sandbox's folder. */
export const repositoriesIn = (dir: string): string => join(dir, 'repos');

/**
 * Creates the sample services' bare git repositories, `<dir>/repos/<name>.git`. Each has one commit a scenario on
 * `main`, tagged with its name, and can be served as static files. The commit ids are the same on every machine. Safe
 * to repeat.
 */
export const createRepositories = async (dir: string): Promise<SampleRepository[]> => {
  const folder = repositoriesIn(dir);
  await mkdir(folder, { recursive: true });
  return Promise.all(histories.map((history) => createRepository(folder, history)));
};

/** Finds the commit of every scenario without a sandbox's folder. Leaves nothing behind. */
export const scenarioCommits = async (): Promise<ScenarioCommits> => {
  const dir = await mkdtemp(join(tmpdir(), 'slipway-commits-'));
  try {
    const repositories = await createRepositories(dir);
    return Object.fromEntries(
      repositories.map(({ name, scenarios }) => [
        name,
        Object.fromEntries(scenarios.map((scenario) => [scenario.name, scenario.commit])),
      ]),
    );
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
};
