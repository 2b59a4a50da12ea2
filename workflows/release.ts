import { shortDigest, type Artifact } from '../contract/artifact.ts';
import type { ReleaseResult } from '../contract/status.ts';
import { awaiting, following } from './run/activities.ts';
import { ending } from './run/failures.ts';
import { step } from './run/step.ts';
import { confirmChecklist } from './train/checklist.ts';
import type { Release } from './train/release.ts';
import { runStop } from './train/stops.ts';
import { releaseResult, runRelease } from './train/train.ts';

/**
 * Brings a commit its whole way to users (runbook 004, pre-deploy checklist, deployment procedure and post-deploy
 * verification): confirmed, built once, then one environment after the other with the same digest. It holds no
 * environment itself: each stop is a change of its own.
 */
export async function release(raw: unknown): Promise<ReleaseResult> {
  return runRelease(raw, async (opened) => {
    await confirmChecklist(opened);
    const artifact = await build(opened);
    for (const stop of opened.plan.stops) await runStop(opened, stop, artifact);
    await requireSameDigest(opened, artifact);
    return releaseResult(opened, artifact);
  });
}

/** Builds once, whatever the number of environments (runbook 004, deployment procedure, steps 1 and 5). */
async function build({ run, entry, input: { commit } }: Release): Promise<Artifact> {
  run.record.enter('building');
  const artifact = await step(
    run,
    'build',
    () => following('build the image').build({ entry, commit, change: run.id }),
    { detail: ({ digest }) => `digest ${shortDigest(digest)}` },
  );
  run.record.status.digest = artifact.digest;
  return artifact;
}

/** Requires that the platform serves the released digest in each environment, whatever our runs said (invariant I7). */
async function requireSameDigest({ run, train: { stops } }: Release, artifact: Artifact): Promise<void> {
  const look = async () => {
    const found = await Promise.all(
      stops.map((entry) => awaiting(`read back ${entry.environment}`).readBack({ entry, artifact, revision: null })),
    );
    const problems = found.flatMap((one, index) =>
      one.problems.map((problem) => `${stops[index]?.environment ?? ''}: ${problem}`),
    );
    if (problems.length > 0)
      throw ending('Drifted', `not every environment serves what was released: ${problems.join('; ')}`);
  };
  const where = stops.map(({ environment }) => environment).join(' and ');
  await step(run, 'same digest', look, { detail: () => `${shortDigest(artifact.digest)} read back in ${where}` });
}
