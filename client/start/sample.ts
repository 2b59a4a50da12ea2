import { setTimeout as sleep } from 'node:timers/promises';
import type { EnvironmentStatus } from '../../contract/environment.ts';
import { verifiedChanges } from '../../contract/ledger.ts';
import { createRepositories, type ScenarioCommit } from '../../sandbox/repositories.ts';
import { CommandError } from '../cli/command-error.ts';
import type { SlipwayClient } from '../api/slipway-client.ts';

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
/** Names those that are verified and go wrong afterwards, when users come; each by another alert. */
const scenariosThatGoBad = ['fails-tools', 'fails-streams', 'fails-cursors'];

const maxStartMs = 60_000;

/** Asks for the sample's environment until the worker answers; null when it has no history yet. */
export async function sampleEnvironment(slipway: SlipwayClient, sample: Sample): Promise<EnvironmentStatus | null> {
  const deadline = Date.now() + maxStartMs;
  while (Date.now() < deadline) {
    const report = await slipway.environment(sample);
    if (report === null || !report.stale) return report;
    await sleep(200);
  }
  throw CommandError.unreachable(`the worker has not answered within ${maxStartMs / 1000} s`);
}

/**
 * Chooses the commit to release next: the first good one after what serves. When none is left, what serves is released
 * once more. A commit on hold was rolled back: it neither serves nor may be released. Throws a CommandError when no
 * commit is left.
 */
export async function commitToRelease(
  dir: string,
  sample: Sample,
  environment: EnvironmentStatus | null,
): Promise<ScenarioCommit> {
  const { scenarios, liveIndex, isHeld } = await historyOf(dir, sample, environment);
  const next = firstAfter(liveIndex, scenarios, goodScenarios, isHeld) ?? scenarios[liveIndex];
  if (!next)
    throw CommandError.refused(`no commit of ${sample.service} may be released`, [
      `./slipway environment show ${sample.service} --environment ${sample.environment}`,
    ]);
  return next;
}

/** Chooses the commit whose release goes bad. Throws a CommandError when each was tried or what serves is newer. */
export async function commitThatGoesBad(
  dir: string,
  sample: Sample,
  environment: EnvironmentStatus | null,
): Promise<ScenarioCommit> {
  const { scenarios, liveIndex, isHeld } = await historyOf(dir, sample, environment);
  const next = firstAfter(liveIndex, scenarios, scenariosThatGoBad, isHeld);
  if (!next)
    throw CommandError.refused('every release of the sample that goes bad is on hold, or older than what serves', [
      'begin anew: ./slipway start --with incident --dir /tmp/another-sandbox',
    ]);
  return next;
}

/** Says whether the environment has a state that a rollback can go back to by itself. */
export function hasKnownGood(environment: EnvironmentStatus | null): boolean {
  const held = new Set(environment?.holds.map(({ commit }) => commit));
  return verifiedChanges(environment?.ledger ?? []).some(({ commit }) => !held.has(commit));
}

interface SampleHistory {
  /** In the order of `main`; the history only goes forward, since a migration is never taken back. */
  scenarios: ScenarioCommit[];
  /** Where in it is what serves; -1 if nothing of it does. */
  liveIndex: number;
  isHeld: (commit: string) => boolean;
}

async function historyOf(
  dir: string,
  { service }: Sample,
  environment: EnvironmentStatus | null,
): Promise<SampleHistory> {
  const repositories = await createRepositories(dir);
  const scenarios = repositories.find(({ name }) => name === service)?.scenarios ?? [];
  const held = new Set(environment?.holds.map(({ commit }) => commit));
  const isHeld = (commit: string): boolean => held.has(commit);
  const live = verifiedChanges(environment?.ledger ?? []).findLast(({ commit }) => !isHeld(commit));
  return { scenarios, liveIndex: scenarios.findIndex(({ commit }) => commit === live?.commit), isHeld };
}

function firstAfter(
  liveIndex: number,
  scenarios: readonly ScenarioCommit[],
  names: readonly string[],
  isHeld: (commit: string) => boolean,
): ScenarioCommit | undefined {
  return scenarios.find(({ name, commit }, index) => index > liveIndex && names.includes(name) && !isHeld(commit));
}
