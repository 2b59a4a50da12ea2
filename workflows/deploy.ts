import { shortDigest, type Artifact } from '../contract/artifact.ts';
import { deployInput } from '../contract/inputs.ts';
import type { ChangeResult } from '../contract/status.ts';
import { changeResult, runChange, type OpenedChange } from './change/change.ts';
import { planChange } from './change/plan.ts';
import { rollOut } from './change/roll-out.ts';
import { deploySteps } from './change/step-lists.ts';
import { looksAtBranch, requireCommitOnBranch } from './change/steps/commit-on-branch.ts';
import { awaiting, following } from './run/activities.ts';
import { step } from './run/step.ts';

const definition = { kind: 'deploy', input: deployInput } as const;

/** Brings a commit or an image into one environment (runbook 000, deploy sequence; runbook 001, section 6). */
export async function deploy(raw: unknown): Promise<ChangeResult> {
  return runChange(definition, raw, async (opened, { commit, image, dryRun }) => {
    const checked = await preflight(opened, commit ?? null, image ?? null);
    const asksForBranch = looksAtBranch();
    const isBuilt = checked.artifact !== null || dryRun === true;
    const artifact = isBuilt ? (checked.artifact ?? notBuilt(checked.commit)) : await build(opened, checked.commit);
    const change = await planChange(opened, { artifact, steps: deploySteps(opened.entry.settings) });
    if (dryRun) return changeResult(change, 'planned; nothing was built or changed', { revision: '' });
    return rollOut(change, async () => {
      if (asksForBranch) await requireCommitOnBranch(change);
    });
  });
}

/** Checks what can be known to be wrong before anything is built (design section 4, step 2). */
async function preflight({ entry, run }: OpenedChange, commit: string | null, image: string | null) {
  const check = () => awaiting('check commit, image and holds').preflight({ entry, commit, image });
  const checked = await step(run, 'preflight', check, {
    detail: ({ subject, artifact }) =>
      [subject ? `commit: ${subject}` : '', artifact ? 'built already' : ''].filter((part) => part !== '').join('; '),
  });
  run.record.status.commit = checked.commit;
  run.record.enter('preflight');
  return checked;
}

async function build({ entry, run }: OpenedChange, commit: string): Promise<Artifact> {
  run.record.enter('building');
  return step(run, 'build', () => following('build the image').build({ entry, commit, change: run.id }), {
    detail: ({ digest }) => `digest ${shortDigest(digest)}`,
  });
}

function notBuilt(commit: string): Artifact {
  return { image: '', digest: '', commit };
}
