import { MockActivityEnvironment } from '@temporalio/testing';
import { describe, expect, it } from 'vitest';
import { createLedgerActivities } from '../../activities/knownGood.ts';
import type { EnvironmentStatus, LedgerEntry } from '../../contract/environment.ts';
import { artifactOf, commits, digestOfCommit, World } from '../workflows/world.ts';

const entry = (commit: string, changes: Partial<LedgerEntry> = {}): LedgerEntry => ({
  kind: 'deploy',
  outcome: 'released',
  commit,
  digest: digestOfCommit(commit),
  revision: `service-${commit.slice(0, 1)}`,
  plan: '',
  by: '',
  reason: '',
  migrations: [],
  verified: true,
  number: 1,
  change: `c${commit.slice(0, 9)}`,
  at: '',
  previous: '',
  hash: commit,
  ...changes,
});

/** The activities over a world in which `staging` serves one commit, with this ledger and these holds. */
function situation({ serves = commits.good, runs = commits.old, ledger = [entry(commits.good)], held = [] as string[], holder = null as EnvironmentStatus['holder'] }) {
  const world = new World();
  const status = (place: string): EnvironmentStatus => ({
    service: world.service,
    environment: place,
    phase: 'free',
    number: 1,
    holder,
    queue: [],
    freeze: null,
    holds: held.map((commit) => ({ digest: digestOfCommit(commit), commit, reason: 'it failed', change: 'c0', since: '' })),
    ledger: place === 'staging' ? ledger : [],
    waitingFor: null,
    refused: { count: 0, last: [] },
  });
  const environments = { look: async (_service: string, place: string) => status(place) };
  const ports = world.ports({ address: '', namespace: '', knownSearchAttributes: async () => [] }, environments as never);
  const target = { ...ports.targets.cloudRun };
  const stagingEntry = world.entry;
  const productionEntry = { ...world.entry, environment: 'production', place: { ...world.entry.place, target: { ...world.entry.place.target, service: 'production' } } };
  const liveOf = (commit: string) => ({ ...world.live, serving: [{ revision: 'service-1', digest: digestOfCommit(commit), commit, percent: 100 }] });
  target.observe = async ({ service }) => liveOf(service === 'production' ? runs : serves);
  const catalog = { ...ports.catalog, resolve: async (_service: string, place: string) => (place === 'staging' ? stagingEntry : { path: 'environment', message: `unknown ${place}` }) };
  const activities = createLedgerActivities({ ...ports, catalog, targets: { cloudRun: target } });
  return { activities, stagingEntry, productionEntry };
}

const promotable = (given: Parameters<typeof situation>[0], changes: { from?: string; reason?: string; planned?: string } = {}) => {
  const { activities, productionEntry } = situation(given);
  return new MockActivityEnvironment().run(activities.promotable, { entry: productionEntry, from: 'staging', reason: null, planned: null, ...changes });
};

const goal = (given: Parameters<typeof situation>[0], to: string | null = null) => {
  const { activities, stagingEntry } = situation(given);
  return new MockActivityEnvironment().run(activities.rollbackGoal, { entry: stagingEntry, to });
};

describe('what may be promoted', () => {
  it('is the artifact that was verified there and serves there', async () => {
    expect(await promotable({})).toEqual(artifactOf(commits.good));
  });

  it.each([
    ['is not what was verified last', { ledger: [entry(commits.old)] }, {}, 'Superseded'],
    ['was never verified', { ledger: [] }, {}, 'Superseded'],
    ['is on hold', { held: [commits.good] }, {}, 'OnHold'],
    ['is another one than was planned', {}, { planned: digestOfCommit(commits.bad) }, 'Superseded'],
    ['is older than what runs', { runs: commits.bad }, {}, 'Superseded'],
    ['comes from an unknown environment', {}, { from: 'moon' }, 'InvalidInput'],
  ])('is nothing when it %s', async (_name, given, changes, type) => {
    await expect(promotable(given, changes)).rejects.toMatchObject({ type, nonRetryable: true });
  });

  it('may be older than what runs when somebody says why', async () => {
    expect(await promotable({ runs: commits.bad }, { reason: 'the newer one loses events' })).toEqual(artifactOf(commits.good));
  });
});

describe('where a rollback goes', () => {
  const ledger = [entry(commits.old), entry(commits.good), entry(commits.bad)];

  it('is the last known good state that does not serve now', async () => {
    expect(await goal({ serves: commits.bad, ledger })).toMatchObject({ artifact: artifactOf(commits.good), verified: true });
  });

  it('is not one that is on hold', async () => {
    expect(await goal({ serves: commits.bad, ledger, held: [commits.good] })).toMatchObject({ artifact: artifactOf(commits.old) });
  });

  it('is what still serves, while a deploy is under way', async () => {
    const holder = { kind: 'deploy', digest: digestOfCommit(commits.bad), change: 'c9' } as EnvironmentStatus['holder'];
    expect(await goal({ serves: commits.good, ledger: [entry(commits.old), entry(commits.good)], holder })).toMatchObject({ artifact: artifactOf(commits.good) });
    expect(await goal({ serves: commits.good, ledger: [], holder })).toMatchObject({ artifact: artifactOf(commits.good), change: 'c9' });
  });

  it('is what served before the first change, where nothing else is known', async () => {
    const before = { revision: 'service-1', digest: digestOfCommit(commits.old), commit: commits.old };
    expect(await goal({ ledger: [entry(commits.good, { before })] })).toMatchObject({ revision: 'service-1', verified: false });
  });

  it.each([
    ['a change', entry(commits.old).change],
    ['a revision', 'service-a'],
    ['a commit', commits.old],
    ['the beginning of a commit', commits.old.slice(0, 8)],
  ])('can be named by %s', async (_name, to) => {
    expect(await goal({ serves: commits.bad, ledger }, to)).toMatchObject({ artifact: artifactOf(commits.old) });
  });

  it('is nowhere for a name that is not known, and says what is', async () => {
    await expect(goal({ serves: commits.bad, ledger }, 'previous')).rejects.toMatchObject({ type: 'InvalidInput', message: expect.stringContaining(entry(commits.good).change) });
    await expect(goal({ ledger: [] })).rejects.toMatchObject({ type: 'InvalidInput', message: expect.stringContaining('no earlier state') });
  });
});
