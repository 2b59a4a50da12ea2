import type { EnvironmentStatus } from '../../contract/environment.ts';
import { createRepositories, type ScenarioCommit } from '../../sandbox/repositories.ts';

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
 * The commit to release next: the first good one after what serves. The history only goes forward (a migration is never taken back), so that
 * when none is left, what serves is released once more.
 */
export async function commitToRelease(dir: string, environment: EnvironmentStatus | null): Promise<ScenarioCommit> {
  const repositories = await createRepositories(dir);
  const scenarios = repositories.find(({ name }) => name === sample.service)?.scenarios ?? [];
  const serves = environment?.ledger.findLast(({ verified }) => verified)?.commit;
  const at = scenarios.findIndex(({ commit }) => commit === serves);
  const next = scenarios.find(({ name }, index) => index > at && goodScenarios.includes(name)) ?? scenarios[at];
  if (!next) throw new RangeError(`${sample.service} has no scenario ${goodScenarios.join(' or ')}`);
  return next;
}
