import type { RepositoryEntry } from '../contract/catalog/repository.ts';
import { finalFailure } from './failure.ts';
import type { Ports } from './ports/index.ts';

/** Refuses a commit that somebody has taken off the release branch since it was released or planned. */
export async function requireStillOnBranch(
  { sources }: Pick<Ports, 'sources'>,
  repository: RepositoryEntry,
  commit: string,
): Promise<void> {
  const { found, onBranch } = await sources.commit(repository, commit);
  if (!found || !onBranch)
    throw finalFailure(
      'Superseded',
      `commit ${commit} is not on the release branch ${repository.branch} any more: somebody has removed it`,
    );
}
