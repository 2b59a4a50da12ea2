import { describeSkipped } from '../contract/ending.ts';
import { promoteInput } from '../contract/inputs.ts';
import type { ChangeResult } from '../contract/status.ts';
import { changeResult, runChange, type Parts } from './change/change.ts';
import { planChange } from './change/plan.ts';
import { rollOut } from './change/roll-out.ts';
import { deploySteps } from './change/step-lists.ts';
import { looksAtBranch, requireCommitOnBranch } from './change/steps/commit-on-branch.ts';
import { awaiting } from './run/activities.ts';
import { step } from './run/step.ts';

const definition = { kind: 'promote', input: promoteInput } as const;

/**
 * Brings the digest that was verified in one environment to the next: nothing is built again (runbook 004, deployment
 * procedure, steps 5 to 7).
 */
export async function promote(raw: unknown): Promise<ChangeResult> {
  return runChange(definition, raw, async (opened, { from, reason = null, digest = null, dryRun }) => {
    const { entry, run } = opened;
    const look = (planned: string | null) =>
      awaiting(`find what ${from} verified`).promotionSource({ entry, from, reason, planned });
    const { skipped: _skipped, ...artifact } = await step(run, 'preflight', () => look(digest), {
      detail: ({ commit, digest: found, skipped = [] }) =>
        `${commit.slice(0, 12)} as ${found}, verified in ${from}${describeSkipped(skipped)}`,
    });
    const asksForBranch = looksAtBranch();
    run.record.status.commit = artifact.commit;
    const change = await planChange(opened, { artifact, steps: deploySteps(entry.settings) });
    if (dryRun) return changeResult(change, 'planned; nothing was changed', { revision: '' });
    return rollOut(change, async () => {
      await requireVerified(change, () => look(artifact.digest));
      if (asksForBranch) await requireCommitOnBranch(change);
    });
  });
}

/**
 * Requires that the artifact is still what was verified: on entry, since approvals may take days, and before users see
 * anything. An environment that does not answer says nothing against the artifact.
 */
async function requireVerified(
  { run, effects }: Parts<'run' | 'effects'>,
  look: () => Promise<unknown>,
): Promise<void> {
  const isStaged = effects.reached('candidate');
  const [name, before] = isStaged ? ['verified-before-shift', 'shift'] : ['verified-on-entry', 'fence'];
  run.record.steps.get(name, before);
  await step(run, name, look);
}
