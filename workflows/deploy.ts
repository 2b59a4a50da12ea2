import { shortDigest, type Artifact } from '../contract/artifact.ts';
import { deployInput } from '../contract/inputs.ts';
import type { ChangeResult } from '../contract/status.ts';
import { following, reading } from './run/activities.ts';
import { carryOut, releaseSteps } from './change/roll-out.ts';
import { Change } from './change/change.ts';
import { makePlan } from './change/enter.ts';
import { stillReleasable } from './change/steps/commit-on-branch.ts';
import { step } from './run/step.ts';

/** Brings a commit or an image into one environment (runbook 000, deploy sequence; runbook 001, section 6). */
export async function deploy(raw: unknown): Promise<ChangeResult> {
  const change = new Change('deploy');
  return change.conclude(async () => {
    const input = await change.open(deployInput, raw, ({ environment }) => environment);
    const { commit, artifact } = await preflight(change, input.commit ?? null, input.image ?? null);
    const built = artifact ?? (input.dryRun ? { image: '', digest: '', commit } : await build(change, commit));
    change.record.enter('planning');
    await makePlan(change, built, releaseSteps(change.entry.settings));
    if (input.dryRun)
      return change.result('planned; nothing was built or changed', { revision: '', url: change.snapshot.live.url });
    return carryOut(change, built, () => stillReleasable(change));
  });
}

/** Everything that can be known to be wrong before anything is built (design section 4, step 2). */
async function preflight(change: Change, commit: string | null, image: string | null) {
  const { entry, record } = change;
  const checked = await step(
    change,
    'preflight',
    () => reading('check commit, image and holds').preflight({ entry, commit, image }),
    {
      detail: ({ subject, artifact }) =>
        [subject ? `commit: ${subject}` : '', artifact ? 'built already' : ''].filter((part) => part !== '').join('; '),
    },
  );
  record.status.commit = checked.commit;
  record.enter('preflight');
  return checked;
}

async function build(change: Change, commit: string): Promise<Artifact> {
  change.record.enter('building');
  const { entry, id } = change;
  return step(change, 'build', () => following('build the image').build({ entry, commit, change: id }), {
    detail: ({ digest }) => `digest ${shortDigest(digest)}`,
  });
}
