import type { EnvironmentStatus } from '../../contract/environment.ts';
import { verifiedChanges } from '../../contract/ledger.ts';
import { createRepositories, type ScenarioCommit } from '../../sandbox/repositories.ts';
import { CommandError } from '../cli/command-error.ts';

/** What `npm start` releases, and who takes part: names of the sandbox's own catalog. */
export const sample = {
  service: 'openagents-runtime',
  environment: 'production',
  requestedBy: 'developer@example.com',
  approver: 'release-owner@example.com',
  role: 'release-owner',
} as const;

/** Scenarios that succeed, in the order of the sample's history. */
const goodScenarios = ['good', 'compatible-migration'];

/**
 * The commit to release next: the first good one after what serves. The history only goes forward (a migration is
 * never taken back), so that when none is left, what serves is released once more. What is on hold was rolled back:
 * it neither serves nor may be released.
 */
export async function commitToRelease(dir: string, environment: EnvironmentStatus | null): Promise<ScenarioCommit> {
  const repositories = await createRepositories(dir);
  const scenarios = repositories.find(({ name }) => name === sample.service)?.scenarios ?? [];
  const held = new Set(environment?.holds.map(({ commit }) => commit));
  const serves = verifiedChanges(environment?.ledger ?? []).findLast(({ commit }) => !held.has(commit))?.commit;
  const at = scenarios.findIndex(({ commit }) => commit === serves);
  const next =
    scenarios.find(({ name, commit }, index) => index > at && goodScenarios.includes(name) && !held.has(commit)) ??
    scenarios[at];
  if (!next)
    throw CommandError.refused(`no commit of ${sample.service} may be released`, [
      `./slipway environment show ${sample.service} --environment ${sample.environment}`,
    ]);
  return next;
}
