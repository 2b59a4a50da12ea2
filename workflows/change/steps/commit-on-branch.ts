import { reading } from '../../run/activities.ts';
import type { Change } from '../change.ts';
import { step } from '../../run/step.ts';

/**
 * Of a stop of a release: the commit is still on the release branch (runbook 004, pre-deploy checklist, line 3).
 * Asked on entry, since people may have taken days to approve, and before users see anything of it. A repository that
 * does not answer says nothing against the artifact: that parks.
 */
export async function stillReleasable(change: Change): Promise<void> {
  const { entry, artifact, record } = change;
  if (!change.inRelease || artifact.commit === '') return;
  const [name, before] = change.mutated ? ['commit-before-shift', 'shift'] : ['commit-on-entry', 'fence'];
  record.step(name, before);
  await step(
    change,
    name,
    () => reading('the commit is still on the release branch').stillOnBranch({ entry, commit: artifact.commit }),
    { detail: () => `still on ${entry.repository.branch}` },
  );
}
