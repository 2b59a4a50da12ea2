import { workflowInfo } from '@temporalio/workflow';
import { reading } from '../../run/activities.ts';
import { step } from '../../run/step.ts';
import type { Parts } from '../change.ts';

/**
 * Requires, of a stop of a release, that its commit is still on the release branch (runbook 004, pre-deploy checklist,
 * line 3). Asked on entry, since approvals may take days, and before users see anything. A repository that does not
 * answer says nothing against the artifact: that parks.
 */
export async function requireCommitOnBranch({
  run,
  entry,
  effects,
  plan,
}: Parts<'run' | 'entry' | 'effects' | 'plan'>): Promise<void> {
  const { commit } = plan.artifact;
  const isStop = workflowInfo().parent !== undefined;
  if (!isStop || commit === '') return;
  const [name, before] = effects.reached('candidate') ? ['commit-before-shift', 'shift'] : ['commit-on-entry', 'fence'];
  run.record.steps.get(name, before);
  const look = () => reading('check that the commit is still on the release branch').stillOnBranch({ entry, commit });
  await step(run, name, look, { detail: () => `still on ${entry.repository.branch}` });
}
