import { reading } from './activities.ts';
import type { Change } from './change.ts';

/**
 * Of a stop of a release: the commit is still on the release branch (runbook 004, pre-deploy checklist, line 3). Asked on entry, since people may have
 * taken days to approve, and before users see anything of it.
 */
export async function stillReleasable(change: Change): Promise<void> {
  const { entry, artifact } = change;
  if (change.inRelease && artifact.commit !== '') await reading('the commit is still on the release branch').stillOnBranch({ entry, commit: artifact.commit });
}
