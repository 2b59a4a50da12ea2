import { createHash } from 'node:crypto';
import { access, mkdir } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import { maxCommitLines, type CommitLine } from '../../contract/plan.ts';
import type { RepositoryEntry } from '../../contract/catalog/repository.ts';
import { passingFailure } from '../failure.ts';
import type { MigrationFolder } from '../migrations/index.ts';
import { listMigrations, type ListedMigrations } from '../migrations/list.ts';
import type { Sources } from '../ports/index.ts';
import type { WorkerSecrets } from '../ports/notifications.ts';
import { accessTo, fetchFailure } from './access.ts';
import { packArchive } from './archive.ts';
import { openCheckout } from './checkout.ts';
import { readFolder } from './folder.ts';

const fetchTimeoutMs = 40_000;

/** Reads sources from bare mirrors below a folder. Commits do not change, so what was read of one is remembered. */
export function createGitSources(folder: string, secrets: WorkerSecrets): Sources {
  const busy = new Map<string, Promise<unknown>>();
  const migrationsByCommit = new Map<string, Promise<ListedMigrations>>();

  return {
    async commit(repository, commit) {
      const mirror = await update(repository);
      if (!(await hasCommit(mirror, commit))) return { found: false, onBranch: false, subject: '' };
      const subject = await git(mirror, ['log', '-1', '--format=%s', commit]);
      const onBranch = await isReleasable(mirror, commit, repository.branch);
      return { found: true, onBranch, subject: subject.slice(0, 200) };
    },

    async includes(repository, commit, earlier) {
      const mirror = await current(repository, commit);
      return (await hasCommit(mirror, earlier)) && isAncestor(mirror, earlier, commit);
    },

    async between(repository, earlier, commit) {
      const mirror = await current(repository, commit);
      const range = `${earlier}..${commit}`;
      const [count, lost, log] = await Promise.all([
        git(mirror, ['rev-list', '--count', range]),
        git(mirror, ['rev-list', '--count', `${commit}..${earlier}`]),
        git(mirror, ['log', `--max-count=${maxCommitLines}`, `--format=%H%x00%an%x00%s`, range]),
      ]);
      return { count: Number(count), lost: Number(lost), newest: log.split('\n').filter(Boolean).map(commitLine) };
    },

    async migrations(repository, commit, folder) {
      const key = JSON.stringify([repository.url, commit, folder]);
      const found = migrationsByCommit.get(key) ?? readMigrations(await current(repository, commit), commit, folder);
      migrationsByCommit.set(key, found);
      found.catch(() => migrationsByCommit.delete(key));
      return found;
    },

    async file(repository, commit, file) {
      return readFile(await current(repository, commit), commit, file);
    },

    async head(repository) {
      const ref = `refs/heads/${repository.branch}`;
      return git(await update(repository), ['rev-parse', '--verify', '--end-of-options', ref]);
    },

    async archive(repository, commit, directory, added) {
      return packArchive(
        await current(repository, commit),
        directory === undefined ? commit : `${commit}:${directory}`,
        added,
      );
    },

    async checkout(repository, commit) {
      return openCheckout(await current(repository, commit), commit);
    },
  };

  /** Finds the mirror of a repository. It is fetched when it is new or lacks the commit. */
  async function current(repository: RepositoryEntry, commit?: string): Promise<string> {
    const mirror = mirrorOf(repository);
    const complete = (await isMirror(mirror)) && (commit === undefined || (await hasCommit(mirror, commit)));
    return complete ? mirror : update(repository);
  }

  /** Fetches a repository. Calls that come meanwhile share the one fetch. */
  function update(repository: RepositoryEntry): Promise<string> {
    const { url } = repository;
    const mirror = mirrorOf(repository);
    const running = busy.get(url) ?? fetchInto(mirror, repository, secrets).finally(() => busy.delete(url));
    busy.set(url, running);
    return running.then(() => mirror);
  }

  function mirrorOf({ url }: RepositoryEntry): string {
    return path.join(folder, createHash('sha256').update(url).digest('hex').slice(0, 16));
  }
}

function commitLine(line: string): CommitLine {
  const [commit = '', author = '', subject = ''] = line.split('\0');
  return { commit, author: author.slice(0, 60), subject: subject.slice(0, 100) };
}

async function fetchInto(mirror: string, repository: RepositoryEntry, secrets: WorkerSecrets): Promise<void> {
  const access = accessTo(repository, secrets);
  await mkdir(mirror, { recursive: true });
  await git(mirror, ['init', '--quiet', '--bare']);
  const refs = ['+refs/heads/*:refs/heads/*', '+refs/tags/*:refs/tags/*'];
  const fetch = ['-C', mirror, 'fetch', '--quiet', '--prune', '--end-of-options', repository.url, ...refs];
  const { exitCode, stderr } = await execa('git', fetch, {
    env: access.environment,
    timeout: fetchTimeoutMs,
    stdin: 'ignore',
    reject: false,
  });
  if (exitCode !== 0) throw fetchFailure(repository, access, stderr);
}

/** Says whether a commit is on a branch. A branch that was removed has none. */
async function isReleasable(mirror: string, commit: string, branch: string): Promise<boolean> {
  const ref = `refs/heads/${branch}`;
  return (await hasCommit(mirror, ref)) && isAncestor(mirror, commit, ref);
}

function isAncestor(mirror: string, earlier: string, later: string): Promise<boolean> {
  return answers(mirror, ['merge-base', '--is-ancestor', earlier, later]);
}

/** Says whether a name stands for a commit that is there. */
function hasCommit(mirror: string, name: string): Promise<boolean> {
  return answers(mirror, ['rev-parse', '--verify', '--quiet', '--end-of-options', `${name}^{commit}`]);
}

/** Says whether the mirror was made: the folder may be new, or empty. */
async function isMirror(mirror: string): Promise<boolean> {
  return access(path.join(mirror, 'HEAD')).then(
    () => true,
    () => false,
  );
}

async function readMigrations(mirror: string, commit: string, folder: MigrationFolder): Promise<ListedMigrations> {
  const files = await readFolder(mirror, commit, folder.directory);
  return files ? listMigrations(folder, files) : { unknown: `the commit has no folder ${folder.directory}` };
}

const linkMode = '120000';

/** Reads a file of a commit, through one link within it; null if the commit does not have it. */
async function readFile(mirror: string, commit: string, file: string, mayBeLink = true): Promise<string | null> {
  const [mode, , , listed] = (await git(mirror, ['ls-tree', commit, '--', file])).split(/\s/);
  if (listed !== file) return null;
  const text = await git(mirror, ['show', `${commit}:${file}`]);
  if (mode !== linkMode) return text;
  return mayBeLink ? readFile(mirror, commit, path.posix.join(path.posix.dirname(file), text), false) : null;
}

async function git(mirror: string, args: string[]): Promise<string> {
  const { stdout } = await execa('git', ['-C', mirror, ...args], {
    timeout: fetchTimeoutMs,
    stdin: 'ignore',
  });
  return stdout;
}

/** The exit code by which git says no. Platform: git merge-base --is-ancestor, git rev-parse --verify. */
const noCode = 1;

/**
 * Asks git a question of yes or no. A program that was killed, took too long or met an error has not said no: that is
 * a failure which a repeat may mend.
 */
async function answers(mirror: string, args: string[]): Promise<boolean> {
  const { exitCode, timedOut, stderr } = await execa('git', ['-C', mirror, ...args], {
    timeout: fetchTimeoutMs,
    stdin: 'ignore',
    reject: false,
  });
  if (exitCode === 0) return true;
  // It also ends so where it cannot read a commit on the way, and then it says so.
  if (exitCode === noCode && stderr === '') return false;
  const why = timedOut ? 'it did not end in time' : stderr.trim() || `it ended with ${exitCode ?? 'a signal'}`;
  throw passingFailure(`git ${args[0] ?? ''} did not answer: ${why}`);
}
