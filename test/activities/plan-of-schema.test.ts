import { MockActivityEnvironment } from '@temporalio/testing';
import { describe, expect, it } from 'vitest';
import { createPlanningActivities, type PlanRequest, type PlanResult } from '../../activities/planning.ts';
import type { EnvironmentStatus } from '../../contract/environment.ts';
import type { LedgerEntry } from '../../contract/ledger.ts';
import type { ChangeKind, Plan } from '../../contract/plan.ts';
import {
  artifactOf,
  clusterTarget,
  commits,
  compatible,
  incompatible,
  liveState,
  noApprovals,
  World,
} from '../workflows/world.ts';
import { ledgerEntry } from './ledger.ts';

const dataOwner = [{ role: 'data-owner', count: 1 }];
const asked = { required: [{ role: 'release-owner', count: 1 }], expiresAfterMinutes: 5 };

interface Given {
  kind: ChangeKind;
  /** The commit that is brought; null for what serves. */
  brings: string | null;
  /** The commit that serves; null before the first release ever. */
  serves: string | null;
  ledger?: LedgerEntry[];
  world?: World;
}

/** Plans a change of a service whose newer commit has a migration that old code cannot live with. */
async function planOf({ kind, brings, serves, ledger = [], world = newWorld() }: Given): Promise<Plan> {
  world.live =
    serves === null
      ? { ...world.live, exists: false, serving: [], template: null, job: null }
      : liveState('service-1', serves);
  const environments = { statusOf: async () => ({ ledger, isOpen: true }) as unknown as EnvironmentStatus };
  const unknown = { knownSearchAttributes: async () => [], installation: async () => '' };
  const connection = { address: '', namespace: '', ui: undefined, ...unknown };
  const activities = createPlanningActivities(world.ports(connection, environments as never));
  const { plan } = await new MockActivityEnvironment().run<[PlanRequest], PlanResult, typeof activities.plan>(
    activities.plan,
    {
      entry: world.entry,
      kind,
      change: 'c1',
      artifact: brings === null ? null : artifactOf(brings),
      steps: [],
    },
  );
  return plan;
}

function newWorld(changes: ConstructorParameters<typeof World>[0] = {}): World {
  const world = new World({ approvals: noApprovals, ...changes });
  world.migrations.set(commits.old, [compatible]);
  world.migrations.set(commits.good, [compatible, incompatible]);
  world.migrations.set(commits.bad, [compatible, incompatible, { name: '2_add.sql', compatibility: 'compatible' }]);
  return world;
}

/** The schema is one-way: each kind of change asks about what it runs and about what it goes back on (invariant I8). */
describe('a plan', () => {
  it.each(['deploy', 'promote'] as const)(
    'of a %s of an older commit asks the data owner: the schema has what its code does not know',
    async (kind) => {
      const plan = await planOf({ kind, brings: commits.old, serves: commits.good });
      expect(plan).toMatchObject({ migrations: [], crossed: [incompatible], approvals: dataOwner });
    },
  );

  it('of a deploy in a cluster asks so, too', async () => {
    const plan = await planOf({
      kind: 'deploy',
      brings: commits.old,
      serves: commits.good,
      world: newWorld({ target: clusterTarget }),
    });
    expect(plan).toMatchObject({ crossed: [incompatible], approvals: dataOwner });
  });

  it('of a deploy that goes back on compatible migrations only says so', async () => {
    const plan = await planOf({ kind: 'deploy', brings: commits.good, serves: commits.bad });
    expect(plan).toMatchObject({ crossed: [{ name: '2_add.sql' }], approvals: [] });
  });

  it('of a deploy that goes on has nothing of it, so its hash is as it was', async () => {
    const plan = await planOf({ kind: 'deploy', brings: commits.good, serves: commits.old });
    expect(plan).toMatchObject({ migrations: [incompatible], approvals: dataOwner });
    expect(plan).not.toHaveProperty('crossed');
  });

  it('of a deploy asks the data owner where nobody can say what the schema has', async () => {
    const world = newWorld();
    world.unknownMigrations.set(commits.good, 'the commit has no folder migrations');
    const plan = await planOf({ kind: 'deploy', brings: commits.old, serves: commits.good, world });
    expect(plan).toMatchObject({
      crossed: null,
      crossedUnknown: 'the commit has no folder migrations',
      approvals: dataOwner,
    });
  });

  it('of a first release goes back on nothing', async () => {
    const plan = await planOf({ kind: 'deploy', brings: commits.old, serves: null });
    expect(plan).toMatchObject({ migrations: [compatible], approvals: [] });
    expect(plan).not.toHaveProperty('crossed');
  });

  it.each([
    ['deploy', commits.old],
    ['migrate', null],
  ] as const)('of a %s asks about a migration that ran for a release that never was', async (kind, brings) => {
    const left = ledgerEntry(commits.good, { verified: false, irreversible: true });
    const ledger = [ledgerEntry(commits.old), left];
    const plan = await planOf({ kind, brings, serves: commits.old, ledger });
    expect(plan).toMatchObject({ crossed: [incompatible], approvals: dataOwner });
    const settled = await planOf({ kind, brings, serves: commits.old, ledger: [...ledger, ledgerEntry(commits.old)] });
    expect(settled.approvals).toEqual([]);
  });

  it('of a migrate asks the data owner before it runs what old code cannot live with', async () => {
    expect(await planOf({ kind: 'migrate', brings: null, serves: commits.good })).toMatchObject({
      migrations: [compatible, incompatible],
      approvals: dataOwner,
    });
    expect((await planOf({ kind: 'migrate', brings: null, serves: commits.old })).approvals).toEqual([]);
  });

  it.each(['restart', 'rotateSecrets'] as const)('of a %s asks nobody: it brings no other code', async (kind) => {
    const left = ledgerEntry(commits.bad, { verified: false, irreversible: true });
    expect((await planOf({ kind, brings: null, serves: commits.good, ledger: [left] })).approvals).toEqual([]);
  });

  it('asks an operator where the catalog names no data owner, and nobody twice', async () => {
    const world = newWorld();
    const { 'data-owner': _none, ...owners } = world.entry.owners;
    world.entry = { ...world.entry, owners };
    const given = { kind: 'deploy', brings: commits.good, serves: commits.old, world } as const;
    expect((await planOf(given)).approvals).toEqual([{ role: 'release-owner', count: 1 }]);
    world.entry.settings.approvals = { ...world.entry.settings.approvals, ...asked };
    expect((await planOf(given)).approvals).toEqual(asked.required);
  });
});
