import type { EnvironmentStatus } from '../../contract/environment.ts';
import { verifiedChanges } from '../../contract/ledger.ts';
import { createRepositories, type ScenarioCommit } from '../../sandbox/repositories.ts';
import { CommandError } from '../cli/command-error.ts';

/** Names what is released, and who takes part, as in the sandbox's own catalog. */
export interface Sample {
  service: string;
  environment: string;
  requestedBy: string;
  approver: string;
  role: string;
}

const onCloudRun: Sample = {
  service: 'openagents-runtime',
  environment: 'production',
  requestedBy: 'developer@example.com',
  approver: 'release-owner@example.com',
  role: 'release-owner',
};

/** Answers what `npm start` releases: to Cloud Run, or to the cluster of a sandbox that has one. */
export function sampleFor(parts: readonly string[]): Sample {
  return parts.includes('kubernetes') ? { ...onCloudRun, environment: 'cluster' } : onCloudRun;
}

/** Names the scenarios that succeed, in the order of the sample's history. */
const goodScenarios = ['good', 'compatible-migration'];

/**
 * Chooses the commit to release next: the first good one after what serves. The history only goes forward (a
 * migration is never taken back), so when none is left, what serves is released once more. A commit on hold was
 * rolled back: it neither serves nor may be released. Throws a CommandError when no commit is left.
 */
export async function commitToRelease(
  dir: string,
  sample: Sample,
  environment: EnvironmentStatus | null,
): Promise<ScenarioCommit> {
  const repositories = await createRepositories(dir);
  const scenarios = repositories.find(({ name }) => name === sample.service)?.scenarios ?? [];
  const heldCommits = new Set(environment?.holds.map(({ commit }) => commit));
  const liveCommit = verifiedChanges(environment?.ledger ?? []).findLast(
    ({ commit }) => !heldCommits.has(commit),
  )?.commit;
  const liveIndex = scenarios.findIndex(({ commit }) => commit === liveCommit);
  const next =
    scenarios.find(
      ({ name, commit }, index) => index > liveIndex && goodScenarios.includes(name) && !heldCommits.has(commit),
    ) ?? scenarios[liveIndex];
  if (!next)
    throw CommandError.refused(`no commit of ${sample.service} may be released`, [
      `./slipway environment show ${sample.service} --environment ${sample.environment}`,
    ]);
  return next;
}
