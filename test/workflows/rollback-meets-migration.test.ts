import { describe, expect, it } from 'vitest';
import { expectFailure } from '../expect-failure.ts';
import { failureOf, type ChangeHandle } from './harness.ts';
import {
  approve,
  changeOf,
  decide,
  deployOf,
  migrateOf,
  release,
  rollbackOf,
  startAndApprove,
  untilInStep,
  untilParked,
  untilToldOfRollback,
  untilWaitingFor,
} from './runs.ts';
import { openHarness } from './stage.ts';
import { commits, dataOwner, digestOfCommit, incompatible, migration, noApprovals, World } from './world.ts';

const harness = openHarness();

/**
 * A rollback that comes while a migration runs, or while nobody knows what it did: no restore by the other change,
 * one decision, one final truth.
 */
describe('a rollback', () => {
  const expectOldState = ({ live }: World) =>
    expect(live).toMatchObject({ serving: [{ commit: commits.old }], job: { digest: digestOfCommit(commits.old) } });

  /** The schema is the data owner's before anything is written; then the old state is back. */
  const expectRepairedByDataOwner = async (run: ChangeHandle, world: World): Promise<void> => {
    await untilParked(run, 'schema');
    expect(world.methods(await changeOf(run))).toEqual([]);
    await decide(run, 'markDone', { by: dataOwner, evidence: 'looked at, repaired, checked' });
    await run.result();
    expectOldState(world);
  };

  it('takes over the decision about a migration that is parked as unknown', async () => {
    const world = new World({ approvals: noApprovals });
    await harness.with(world, async (start) => {
      world.failNext('runMigration', 'Unknown', 'no execution of this step is to be seen');
      const deploy = await start('deploy', deployOf(world));
      await untilParked(deploy, 'migrate');
      const rollback = await start('rollback', rollbackOf(world));
      await expectFailure(deploy, 'Preempted', 'what migrate did is unknown (no execution of this step is to be seen)');
      expect((await untilParked(rollback, 'schema')).waitingFor).toMatchObject({
        who: [dataOwner],
        what: expect.stringContaining('What this migration did is unknown: migrate'),
      });
      await expectRepairedByDataOwner(rollback, world);
    });
  });

  it('does not let the other change ask a person, when what it did turns out to be unknown', async () => {
    const world = new World({ approvals: noApprovals });
    await harness.with(world, async (start) => {
      const goOn = world.holdNext('runMigration');
      world.failNext('runMigration', 'Unknown', 'deleted while it ran');
      const deploy = await start('deploy', deployOf(world));
      await untilInStep(deploy, 'migrate');
      const rollback = await start('rollback', rollbackOf(world));
      await untilToldOfRollback(deploy);
      goOn();
      await expectFailure(deploy, 'Preempted', 'deleted while it ran');
      await expectRepairedByDataOwner(rollback, world);
    });
  });

  it('waits for a migration that hangs at most its time limit, then takes it for unknown', async () => {
    const world = new World({ approvals: noApprovals, migration: { ...migration, timeoutSeconds: 1 } });
    await harness.with(world, async (start) => {
      world.holdNext('runMigration');
      const deploy = await start('deploy', deployOf(world));
      await untilInStep(deploy, 'migrate');
      const rollback = await start('rollback', rollbackOf(world));
      expect((await untilWaitingFor(deploy, 'platform')).waitingFor?.what).toContain('a rollback waits for it');
      await expectFailure(deploy, 'Preempted', 'did not end within its time limit');
      expect(world.methods(await changeOf(deploy))).not.toContain('restore');
      await expectRepairedByDataOwner(rollback, world);
    });
  });

  it('that comes before the migration finds nothing migrated', async () => {
    const world = new World({ approvals: noApprovals });
    await harness.with(world, async (start) => {
      const goOn = world.holdNext('syncMigration');
      const deploy = await start('deploy', deployOf(world));
      await untilInStep(deploy, 'sync-job');
      const rollback = await start('rollback', rollbackOf(world));
      await untilToldOfRollback(deploy);
      goOn();
      await expectFailure(deploy, 'Preempted');
      expect(world.methods(await changeOf(deploy))).toEqual(['stamp', 'stage', 'syncMigration']);
      await rollback.result();
      expectOldState(world);
    });
  });

  it('restores for a deploy whose migration fails meanwhile, and holds what failed', async () => {
    const world = new World({ approvals: noApprovals });
    await harness.with(world, async (start) => {
      const goOn = world.holdNext('runMigration');
      world.failNext('runMigration', 'GateFailed', 'a column is missing');
      const deploy = await start('deploy', deployOf(world));
      await untilInStep(deploy, 'migrate');
      const rollback = await start('rollback', rollbackOf(world));
      await untilToldOfRollback(deploy);
      goOn();
      await expectFailure(deploy, 'Preempted', 'a column is missing');
      await rollback.result();
      expect(world.changesThat('restore')).toEqual([await changeOf(rollback)]);
      expect((await harness.environmentStatus(world)).holds).toMatchObject([
        { commit: commits.good, reason: expect.stringContaining('a column is missing') },
      ]);
    });
  });

  it('takes over from the data owner who is asked about a failed incompatible migration', async () => {
    const world = new World({ approvals: noApprovals });
    world.migrations.set(commits.good, [incompatible]);
    await harness.with(world, async (start) => {
      world.failNextMigration();
      const deploy = await startAndApprove(start, world, dataOwner);
      await untilParked(deploy, 'restore');
      const rollback = await start('rollback', rollbackOf(world));
      await expectFailure(deploy, 'Preempted');
      await expectRepairedByDataOwner(rollback, world);
    });
  });

  it('needs a schema version after a deploy was given up past its incompatible migration', async () => {
    const world = new World({ approvals: noApprovals });
    world.migrations.set(commits.good, [incompatible]);
    await harness.with(world, async (start) => {
      world.failNext('shift', 'Unknown', 'nobody knows');
      const deploy = await startAndApprove(start, world, dataOwner);
      await untilParked(deploy, 'shift');
      await decide(deploy, 'abort', { by: dataOwner });
      const change = await changeOf(deploy);
      await expectFailure(deploy, 'Aborted');
      await expectFailure(await start('rollback', rollbackOf(world, { to: 'service-1' })), 'InvalidInput', change);
      await expectRepairedByDataOwner(
        await start('rollback', rollbackOf(world, { to: 'service-1', schemaVersion: '0_before' })),
        world,
      );
    });
  });

  it('stops a migrate after its migration, and is given what that ran', async () => {
    const world = new World({ approvals: noApprovals });
    world.migrations.set(commits.good, [{ ...incompatible, compatibility: 'compatible' }]);
    await harness.with(world, async (start) => {
      await release(start, world);
      const goOn = world.holdNext('runMigration');
      const run = await start('migrate', migrateOf(world));
      await untilInStep(run, 'migrate');
      const rollback = await start('rollback', rollbackOf(world));
      await untilToldOfRollback(run);
      goOn();
      await expectFailure(run, 'Preempted');
      expect(world.methods(await changeOf(run))).toEqual(['stamp', 'syncMigration', 'runMigration']);
      await rollback.result();
      expectOldState(world);
      expect((await harness.environmentStatus(world)).ledger.find(({ kind }) => kind === 'migrate')).toMatchObject({
        migrations: ['1_rename.sql'],
        verified: false,
      });
    });
  });
});

describe('migrate', () => {
  it('that fails before it runs leaves the job with the image of what serves', async () => {
    const world = new World({ approvals: noApprovals });
    world.live = { ...world.live, job: world.live.job && { ...world.live.job, digest: digestOfCommit(commits.bad) } };
    await harness.with(world, async (start) => {
      world.failNext('runMigration', 'BadRequest', 'the platform refuses');
      await failureOf(await start('migrate', migrateOf(world)));
      expect(world.live.job?.digest).toBe(world.live.serving[0]?.digest);
    });
  });

  it.each([
    ['retry', null],
    ['markDone', null],
    ['abort', 'Aborted'],
  ] as const)('parks for the data owner after an incompatible migration that failed: %s', async (action, outcome) => {
    const world = new World({ approvals: noApprovals });
    world.migrations.set(commits.old, [incompatible]);
    world.failNextMigration();
    await harness.with(world, async (start) => {
      const run = await start('migrate', migrateOf(world));
      await approve(run, dataOwner);
      expect((await untilParked(run)).waitingFor).toMatchObject({
        who: [dataOwner],
        what: expect.stringContaining('may have run in part'),
      });
      await decide(run, action, { by: dataOwner, evidence: 'brought to its end by hand' });
      if (outcome === null) expect((await run.result()).outcome).toMatch(/migrated for commit \w{12} \(revision /);
      else await expectFailure(run, outcome);
      const attempts = world.writes
        .filter(({ method }) => method === 'runMigration')
        .map(({ marker }) => marker.attempt);
      expect(attempts).toEqual(action === 'retry' ? [1, 2] : [1]);
    });
  });
});
