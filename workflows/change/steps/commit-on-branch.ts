import { patched, workflowInfo } from '@temporalio/workflow';
import { awaiting } from '../../run/activities.ts';
import { step } from '../../run/step.ts';
import type { Parts } from '../change.ts';

/**
 * Says whether this run looks at the release branch on entry and before users see anything. A stop of a release always
 * did; every other change does since this patch. Ask right after an ordinary activity (CONTRIBUTING, 10).
 */
export function looksAtBranch(): boolean {
  return workflowInfo().parent !== undefined || patched('branch-of-every-change');
}

/**
 * Requires that the commit is still on the release branch (runbook 004, pre-deploy checklist, line 3). Asked on entry,
 * since approvals may take days, and before users see anything. A repository that does not answer says nothing against
 * the artifact: that parks.
 */
export async function requireCommitOnBranch({
  run,
  entry,
  effects,
  plan,
}: Parts<'run' | 'entry' | 'effects' | 'plan'>): Promise<void> {
  const { commit } = plan.artifact;
  if (commit === '') return;
  const [name, before] = effects.reached('candidate') ? ['commit-before-shift', 'shift'] : ['commit-on-entry', 'fence'];
  run.record.steps.get(name, before);
  const look = () => awaiting('check that the commit is still on the release branch').stillOnBranch({ entry, commit });
  await step(run, name, look, { detail: () => `still on ${entry.repository.branch}` });
}
