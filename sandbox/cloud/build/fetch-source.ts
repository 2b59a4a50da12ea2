import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { ObjectStore } from '../storage/object-store.ts';
import type { Build, GitSource, StorageSource } from './build-store.ts';
import { bareEnvironment, runCommand } from './child-process.ts';

/** The source cannot be had; the message goes into the build. */
export class SourceError extends Error {
  override readonly name = 'SourceError';
}

export interface FetchContext {
  /** A folder of this build alone. */
  folder: string;
  objects: ObjectStore;
  say: (line: string) => void;
  signal: AbortSignal;
}

export interface FetchedSource {
  /** The folder in which the steps run: the source's folder, `dir` included. */
  workspace: string;
  provenance: NonNullable<Build['sourceProvenance']>;
}

/** Fetches a build's source as the platform does: a repository with git, an archive from Cloud Storage. */
export async function fetchSource(build: Build, context: FetchContext): Promise<FetchedSource> {
  if (build.source?.gitSource) return await fetchGit(build.source.gitSource, context);
  if (build.source?.storageSource) return await fetchArchive(build.source.storageSource, context);
  throw new SourceError('the build has no source');
}

async function fetchGit(source: GitSource, context: FetchContext): Promise<FetchedSource> {
  const repository = join(context.folder, 'workspace');
  const git = gitIn(context);
  await mkdir(context.folder, { recursive: true });
  // A whole clone: a server of static files can neither cut the history short nor give out a commit by its id.
  const cloned = await git(
    context.folder,
    'clone',
    '--quiet',
    '--no-checkout',
    '--template=',
    '--',
    source.url,
    repository,
  );
  if (cloned.code !== 0) throw new SourceError(`failed to fetch ${source.url}: ${cloned.output}`);
  const commit = await resolveRevision(git, repository, source.revision);
  if (commit === undefined) throw new SourceError(`revision '${source.revision}' was not found in ${source.url}`);
  const checkedOut = await git(repository, 'checkout', '--quiet', '--detach', commit);
  if (checkedOut.code !== 0) throw new SourceError(`failed to check out ${commit}: ${checkedOut.output}`);
  context.say(`HEAD is now at ${commit}`);
  return {
    workspace: join(repository, source.dir),
    provenance: { resolvedGitSource: { ...source, revision: commit } },
  };
}

type Git = (cwd: string, ...args: string[]) => Promise<{ code: number; output: string }>;

function gitIn(context: FetchContext): Git {
  const env = {
    ...bareEnvironment(context.folder),
    GIT_TERMINAL_PROMPT: '0',
    GIT_CONFIG_NOSYSTEM: '1',
    // Neither a redirect nor a repository's own configuration may lead git to a path of this machine.
    GIT_ALLOW_PROTOCOL: 'http:https:git',
  };
  return async (cwd, ...args) => {
    const lines: string[] = [];
    const code = await runCommand({
      program: 'git',
      args,
      cwd,
      env,
      say: (line) => lines.push(line),
      signal: context.signal,
    });
    return { code, output: lines.join('\n') };
  };
}

/** Resolves a branch, a tag or a commit id, in the order of a fetch; nothing means the default branch. */
async function resolveRevision(git: Git, repository: string, revision: string): Promise<string | undefined> {
  const candidates =
    revision === ''
      ? ['HEAD']
      : [
          `refs/remotes/origin/${revision}`,
          `refs/tags/${revision}`,
          ...(/^[0-9a-f]{7,40}$/i.test(revision) ? [revision] : []),
          ...(revision.startsWith('refs/heads/') ? [revision.replace('refs/heads/', 'refs/remotes/origin/')] : []),
        ];
  for (const candidate of candidates) {
    const found = await git(
      repository,
      'rev-parse',
      '--verify',
      '--quiet',
      '--end-of-options',
      `${candidate}^{commit}`,
    );
    if (found.code === 0) return found.output.trim();
  }
  return undefined;
}

async function fetchArchive(source: StorageSource, context: FetchContext): Promise<FetchedSource> {
  const found = context.objects.find(source.bucket, source.object);
  const isWanted =
    found !== undefined &&
    (source.generation === '0' || source.generation === '' || source.generation === found.generation);
  if (!isWanted) throw new SourceError(`gs://${source.bucket}/${source.object} does not exist`);
  const workspace = join(context.folder, 'workspace');
  await mkdir(workspace, { recursive: true });
  const lines: string[] = [];
  const code = await runCommand({
    program: 'tar',
    args: ['-xzf', '-', '--no-same-owner'],
    cwd: workspace,
    env: bareEnvironment(context.folder),
    input: await context.objects.read(found),
    say: (line) => lines.push(line),
    signal: context.signal,
  });
  if (code !== 0)
    throw new SourceError(`gs://${source.bucket}/${source.object} is not a tar.gz archive: ${lines.join(' ')}`);
  return {
    workspace,
    provenance: {
      resolvedStorageSource: { bucket: source.bucket, object: source.object, generation: found.generation },
    },
  };
}
