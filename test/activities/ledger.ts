import { createKnownGoodActivities } from '../../activities/known-good/known-good.ts';
import { createRollbackGoalActivities } from '../../activities/known-good/rollback-goal.ts';
import type { Target } from '../../activities/ports/target.ts';
import { workloadOf } from '../../contract/catalog/targets/index.ts';
import type { EnvironmentStatus } from '../../contract/environment.ts';
import type { ChangeEntry, LedgerDraft, LedgerEntry } from '../../contract/ledger.ts';
import type { LiveState } from '../../contract/live.ts';
import type { Plan } from '../../contract/plan.ts';
import { asEveryKind } from '../workflows/fake-platform.ts';
import { artifactOf, commits, digestOfCommit, targetEntry, World } from '../workflows/world.ts';

export const ledgerEntry = (commit: string, changes: Partial<ChangeEntry> = {}): ChangeEntry => ({
  kind: 'deploy',
  outcome: 'released',
  commit,
  digest: digestOfCommit(commit),
  revision: `service-${commit.slice(0, 1)}`,
  plan: '',
  by: '',
  reason: '',
  migrations: [],
  schema: null,
  verified: true,
  serves: 'unchanged',
  before: null,
  irreversible: false,
  hold: null,
  approvals: [],
  number: 1,
  change: `c${commit.slice(0, 9)}`,
  at: '',
  previous: '',
  hash: commit,
  ...changes,
});

/** Makes what is handed to the store of an entry. */
export function draftOf({
  at: _at,
  hash: _hash,
  number: _number,
  previous: _previous,
  ...draft
}: ChangeEntry): LedgerDraft {
  return draft;
}

export interface Situation {
  /** Commit that `staging` serves, and what `production` does; null where nothing was ever released. */
  serves?: string | null;
  runs?: string;
  ledger?: LedgerEntry[];
  held?: string[];
  holder?: EnvironmentStatus['holder'];
  /** Commits whose images the registry lost. */
  deleted?: string[];
  /** Image of the migration job, where it is not that of what serves. */
  job?: string;
  /** Plan that the holder answers. */
  planned?: Plan | null;
  /** False if what `staging` serves does not say its commit: only the registry knows it. */
  saysCommit?: boolean;
  /** False if commits were taken off the release branch. */
  onBranch?: boolean;
  /** The environment's workflow is gone: only the stored ledger is there. */
  terminated?: boolean;
}

/** The activities over a world in which `staging` serves one commit, with this ledger and these holds. */
export function situation({
  serves = commits.good,
  runs = commits.old,
  ledger = [ledgerEntry(commits.good)],
  held = [],
  holder = null,
  deleted = [],
  job,
  planned = null,
  saysCommit = true,
  onBranch = true,
  terminated = false,
}: Situation) {
  const world = new World();
  for (const commit of deleted) world.deletedImages.add(artifactOf(commit).image);
  world.ledger = ledger;
  world.onBranch = onBranch;
  const status = (environment: string): EnvironmentStatus => ({
    service: world.service,
    environment,
    phase: 'free',
    isOpen: true,
    number: 1,
    runs: null,
    lastKnownGood: null,
    holder,
    queue: [],
    freeze: null,
    stops: [],
    nextFreeze: null,
    holds: held.map((commit) => ({
      digest: digestOfCommit(commit),
      commit,
      reason: 'it failed',
      change: 'c0',
      since: '',
    })),
    ledger: environment === 'staging' ? ledger : [],
    waitingFor: null,
    refused: { count: 0, last: [] },
  });
  const environments = {
    statusOf: async (_service: string, environment: string) => (terminated ? null : status(environment)),
    planOf: async () => planned,
  };
  const ports = world.ports(
    { address: '', namespace: '', ui: undefined, knownSearchAttributes: async () => [], installation: async () => '' },
    environments as never,
  );
  const stagingEntry = world.entry;
  const productionEntry = {
    ...world.entry,
    environment: 'production',
    settings: { ...world.entry.settings, target: targetEntry('production') },
  };
  const liveOf = (commit: string, isSaid = true): LiveState => ({
    ...world.live,
    serving: [{ revision: 'service-1', digest: digestOfCommit(commit), commit: isSaid ? commit : '', percent: 100 }],
    template: { revision: 'service-1', digest: digestOfCommit(commit) },
    job: world.live.job && { ...world.live.job, digest: digestOfCommit(job ?? commit) },
  });
  const nothing: LiveState = { ...world.live, exists: false, serving: [], template: null };
  const observe: Target['observe'] = async (place) =>
    workloadOf(place) === 'production' ? liveOf(runs) : serves === null ? nothing : liveOf(serves, saysCommit);
  const catalog = {
    ...ports.catalog,
    resolve: async (_service: string, environment: string) =>
      environment === 'staging' ? stagingEntry : { path: 'environment', message: `unknown ${environment}` },
  };
  const all = { ...ports, catalog, targets: asEveryKind({ ...world.target(), observe }) };
  const activities = { ...createKnownGoodActivities(all), ...createRollbackGoalActivities(all) };
  return { activities, stagingEntry, productionEntry, world };
}
