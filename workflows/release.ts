import { shortDigest, type Artifact } from '../contract/artifact.ts';
import type { ReleaseResult } from '../contract/status.ts';
import { following, reading } from './run/activities.ts';
import { confirmChecklist } from './train/checklist.ts';
import { ending } from './run/failures.ts';
import { ReleaseRun } from './train/train.ts';
import { step } from './run/step.ts';
import { travel } from './train/stops.ts';

/**
 * A commit's whole way to users (runbook 004, pre-deploy checklist, deployment procedure and post-deploy
 * verification): confirmed, built once, then one environment after the other with the same digest. It holds no
 * environment itself: each stop is a change of its own.
 */
export async function release(raw: unknown): Promise<ReleaseResult> {
  const run = new ReleaseRun();
  return run.conclude(async () => {
    const { commit } = await run.open(raw);
    await confirmChecklist(run);
    const artifact = await build(run, commit);
    for (const stop of run.plan.stops) await travel(run, stop, artifact);
    await sameDigest(run, artifact);
    return run.result(artifact);
  });
}

/** Once, whatever the number of environments (runbook 004, deployment procedure, steps 1 and 5). */
async function build(run: ReleaseRun, commit: string): Promise<Artifact> {
  run.record.enter('building');
  const { entry, id } = run;
  const artifact = await step(run, 'build', () => following('build the image').build({ entry, commit, change: id }), {
    detail: ({ digest }) => `digest ${shortDigest(digest)}`,
  });
  run.record.status.digest = artifact.digest;
  return artifact;
}

/** What the platform serves at the end, in each environment: not what our runs said (invariant I7). */
async function sameDigest(run: ReleaseRun, artifact: Artifact): Promise<void> {
  const { stops } = run.train;
  await step(
    run,
    'same digest',
    async () => {
      const found = await Promise.all(
        stops.map((entry) => reading(`read back ${entry.environment}`).readBack({ entry, artifact, revision: null })),
      );
      const problems = found.flatMap((one, index) =>
        one.problems.map((problem) => `${stops[index]?.environment ?? ''}: ${problem}`),
      );
      if (problems.length > 0)
        throw ending('Drifted', `not every environment serves what was released: ${problems.join('; ')}`);
    },
    {
      detail: () =>
        `${shortDigest(artifact.digest)} read back in ${stops.map(({ environment }) => environment).join(' and ')}`,
    },
  );
}
