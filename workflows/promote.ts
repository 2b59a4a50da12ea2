import { promoteInput } from '../contract/inputs.ts';
import type { ChangeResult } from '../contract/status.ts';
import { reading } from './run/activities.ts';
import { carryOut, releaseSteps } from './change/roll-out.ts';
import { Change } from './change/change.ts';
import { makePlan } from './change/enter.ts';
import { stillReleasable } from './change/steps/commit-on-branch.ts';
import { step } from './run/step.ts';

/**
 * The digest that was verified in one environment, to the next: nothing is built again (runbook 004, deployment
 * procedure, steps 5 to 7).
 */
export async function promote(raw: unknown): Promise<ChangeResult> {
  const change = new Change('promote');
  return change.conclude(async () => {
    const input = await change.open(promoteInput, raw, ({ to }) => to);
    const { entry } = change;
    const look = (planned: string | null) =>
      reading(`what ${input.from} verified`).promotionSource({
        entry,
        from: input.from,
        reason: input.reason ?? null,
        planned,
      });
    const artifact = await step(change, 'preflight', () => look(input.digest ?? null), {
      detail: ({ digest, commit }) => `${commit.slice(0, 12)} as ${digest}, verified in ${input.from}`,
    });
    change.record.status.commit = artifact.commit;
    change.record.enter('planning');
    await makePlan(change, artifact, releaseSteps(change.entry.settings));
    if (input.dryRun)
      return change.result('planned; nothing was changed', { revision: '', url: change.snapshot.live.url });
    return carryOut(change, artifact, async () => {
      await look(artifact.digest);
      await stillReleasable(change);
    });
  });
}
