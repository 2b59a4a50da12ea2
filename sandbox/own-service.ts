import { join } from 'node:path';
import { execa } from 'execa';
import type { SandboxDescription } from './description.ts';
import { repositoriesIn } from './repositories.ts';
import { git } from './repositories/git.ts';
import { openClients } from './seed/clients.ts';
import { createDatabases } from './seed/databases.ts';
import { createSecrets } from './seed/secrets.ts';

export interface OwnRepository {
  /** The bare repository, `<dir>/repos/<name>.git`. */
  path: string;
  branch: string;
  /** The commit that the branch is at. */
  commit: string;
}

/** Says whether a folder has changes that are in no commit, and so do not get into the sandbox. */
export const hasUncommittedChanges = async (folder: string): Promise<boolean> =>
  (await ownGit(['-C', folder, 'status', '--porcelain']).catch(() => '')) !== '';

/**
 * Brings a repository into a sandbox, or what is new of it: all branches and tags, served by the sandbox's cloud.
 * Without a branch it is the one that the source is on. It is fetched with the person's own git and credentials.
 */
export const addRepository = async (
  dir: string,
  { name, source, branch }: { name: string; source: string; branch?: string | undefined },
): Promise<OwnRepository> => {
  const path = join(repositoriesIn(dir), `${name}.git`);
  const chosen = branch ?? (await currentBranch(source));
  await git(['init', '--quiet', '--bare', '--template=', `--initial-branch=${chosen}`, path]);
  // One pack instead of loose objects: a clone over plain HTTP then needs a handful of requests.
  const pack = ['-c', 'fetch.unpackLimit=1', '-c', 'gc.auto=0'];
  const refs = ['+refs/heads/*:refs/heads/*', '+refs/tags/*:refs/tags/*'];
  await ownGit(['-C', path, ...pack, 'fetch', '--quiet', '--prune', '--', source, ...refs]);
  await git(['-C', path, 'update-server-info']);
  return { path, branch: chosen, commit: await headOf(path, chosen) };
};

/** Creates a database of a service, and the secret with its address, unless they are there. */
export const giveDatabase = async (
  { cloud, postgres }: Pick<SandboxDescription, 'cloud' | 'postgres'>,
  { database, variable, secret }: { database: string; variable: string; secret: string },
): Promise<void> => {
  if (!cloud || !postgres) throw new Error('the cloud or the database server of the sandbox is not up');
  await createDatabases(postgres.url, [database]);
  const clients = openClients(cloud);
  try {
    const environment = { name: database, database, secrets: { [variable]: secret }, variables: {} };
    await createSecrets(clients.secrets, cloud.project, postgres.url, [environment]);
  } finally {
    await clients.close();
  }
};

const currentBranch = async (source: string): Promise<string> => {
  const answer = await ownGit(['ls-remote', '--symref', '--', source, 'HEAD']);
  const branch = /^ref: refs\/heads\/(\S+)\tHEAD$/m.exec(answer)?.[1];
  if (branch === undefined) throw new Error(`${source} is on no branch with a commit: say which one by --branch`);
  return branch;
};

const headOf = async (path: string, branch: string): Promise<string> => {
  const found = await git(['-C', path, 'rev-parse', '--verify', '--end-of-options', `refs/heads/${branch}`]).catch(
    () => undefined,
  );
  if (found === undefined) throw new Error(`the repository has no branch ${branch}`);
  return found;
};

/** Runs git as the person does. Throws the line that says why it failed: others stand around it. */
const ownGit = async (args: string[]): Promise<string> => {
  const { stdout, stderr, exitCode } = await execa('git', args, { reject: false, env: { LC_ALL: 'C' } });
  if (exitCode === 0) return stdout;
  const said = stderr.trim().split('\n');
  throw new Error(said.find((line) => line.startsWith('fatal:')) || said.at(-1) || `git ended with ${exitCode}`);
};
