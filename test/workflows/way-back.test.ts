import { describe, expect, it } from 'vitest';
import { expectFailure } from '../expect-failure.ts';
import { failureOf } from './harness.ts';
import { openHarness } from './stage.ts';
import { decide, deployOf, migrateOf, release, rollbackOf, startAndApprove, untilParked } from './runs.ts';
import {
  beforeStage,
  commits,
  dataOwner,
  digestOfCommit,
  failingSmoke,
  incompatible,
  noApprovals,
  owner,
  World,
} from './world.ts';

const harness = openHarness();

const healthy = [{ name: 'health', method: 'GET' as const, path: '/healthz', status: [200], timeoutSeconds: 5 }];
const [good, old] = [digestOfCommit(commits.good), digestOfCommit(commits.old)];

/** A rollback has no second way back: where it fails it stays, and never returns to what was bad (ADR 0011). */
describe('a rollback whose old revision is gone', () => {
  /** The good commit was released and is bad; the old revision was pruned, so its artifact is released again. */
  const pruned = async (play: (world: World, failure: { type: string; message: string }) => Promise<void>) => {
    const world = new World({ approvals: noApprovals, smoke: healthy });
    await harness.with(world, async (start) => {
      await release(start, world);
      world.writes.length = 0;
      world.failNext('restore', 'Missing', 'service-1 does not exist any more');
      world.entry.settings.smoke = failingSmoke;
      await play(world, await failureOf(await start('rollback', rollbackOf(world))));
    });
  };

  it('and whose candidate fails its smoke ends as RestoreFailed, and says so', async () => {
    await pruned(async (world, failure) => {
      expect(failure).toEqual({
        type: 'RestoreFailed',
        message: expect.stringMatching(/the rollback is not complete: .*expected 418/),
      });
      const { ledger, holder } = await harness.environmentStatus(world);
      expect(ledger.at(-1)).toMatchObject({
        kind: 'rollback',
        verified: false,
        outcome: expect.stringContaining('expected 418'),
      });
      expect(holder).toBeNull();
    });
  });

  it('and whose candidate fails its smoke never restores the bad state that it leaves', async () => {
    await pruned(async (world) => {
      expect(world.methods()).toEqual(['stamp', 'stage', 'syncMigration']);
      expect(world.live).toMatchObject({
        serving: [{ digest: good }],
        template: { digest: old },
        job: { digest: old },
      });
    });
  });

  it('and whose candidate fails its smoke puts what it leaves on hold, and not what it goes back to', async () => {
    await pruned(async (world) => {
      const { holds } = await harness.environmentStatus(world);
      expect(holds.map(({ digest }) => digest)).toEqual([good]);
    });
  });
});

describe('a deploy that migrates before it stages', () => {
  it('runs the migration in the new image, then stages, then gives it the traffic', async () => {
    const world = new World({ approvals: noApprovals, migration: beforeStage });
    await harness.with(world, async (start) => {
      expect(await release(start, world)).toMatchObject({ outcome: expect.stringContaining('released') });
      expect(world.methods()).toEqual(['stamp', 'syncMigration', 'runMigration', 'stage', 'shift']);
      expect(world.live).toMatchObject({
        serving: [{ digest: good, percent: 100 }],
        template: { digest: good },
        job: { digest: good },
      });
    });
  });

  it('says in its plan that the migration comes first', async () => {
    const world = new World({ approvals: noApprovals, migration: beforeStage });
    await harness.with(world, async (start) => {
      const run = await start('deploy', deployOf(world, { dryRun: true }));
      await run.result();
      const { steps } = await run.query<{ steps: string[] }>('plan');
      expect(steps.filter((name) => ['stage', 'sync-job', 'migrate'].includes(name))).toEqual([
        'sync-job',
        'migrate',
        'stage',
      ]);
    });
  });

  it('and whose migration fails gives the job its old image back, and holds the artifact', async () => {
    const world = new World({ approvals: noApprovals, migration: beforeStage });
    world.failNextMigration();
    await harness.with(world, async (start) => {
      const run = await start('deploy', deployOf(world));
      await expectFailure(run, 'RolledBack', 'the migration failed');
      expect(world.methods()).toEqual(['stamp', 'syncMigration', 'runMigration', 'restore']);
      expect(world.live).toMatchObject({ serving: [{ digest: old }], template: { digest: old }, job: { digest: old } });
      const { holds, ledger } = await harness.environmentStatus(world);
      expect(holds).toMatchObject([{ digest: good, reason: expect.stringContaining('the migration failed') }]);
      expect(ledger.at(-1)).toMatchObject({ outcome: expect.stringMatching(/^rolled back/), verified: false });
      await expectFailure(await start('deploy', deployOf(world)), 'OnHold');
    });
  });

  it('and whose candidate fails its smoke gives the job its old image back as well', async () => {
    const world = new World({ approvals: noApprovals, migration: beforeStage, smoke: failingSmoke });
    await harness.with(world, async (start) => {
      await expectFailure(await start('deploy', deployOf(world)), 'RolledBack');
      expect(world.methods()).toEqual(['stamp', 'syncMigration', 'runMigration', 'stage', 'restore']);
      expect(world.live).toMatchObject({ serving: [{ digest: old }], template: { digest: old }, job: { digest: old } });
    });
  });

  it.each([
    ['rollback', 'RolledBack', ['restore'], old],
    ['abort', 'Aborted', [], good],
  ] as const)(
    'and whose incompatible migration fails half-way asks the data owner: %s',
    async (action, outcome, afterwards, job) => {
      const world = new World({ approvals: noApprovals, migration: beforeStage });
      world.migrations.set(commits.good, [incompatible]);
      world.failNextMigration();
      await harness.with(world, async (start) => {
        const run = await startAndApprove(start, world, dataOwner);
        const { waitingFor } = await untilParked(run, 'restore');
        expect(waitingFor).toMatchObject({
          who: [dataOwner],
          what: expect.stringContaining('an incompatible migration may have run'),
        });
        const written = ['stamp', 'syncMigration', 'runMigration'];
        expect(world.methods()).toEqual(written);
        await expect(decide(run, action, { by: owner })).rejects.toMatchObject({ cause: { type: 'Refused' } });
        await decide(run, action, { by: dataOwner });
        expect((await failureOf(run)).type).toBe(outcome);
        expect(world.methods()).toEqual([...written, ...afterwards]);
        expect(world.live).toMatchObject({ serving: [{ digest: old }], job: { digest: job } });
      });
    },
  );
});

describe('a migrate alone', () => {
  it('does not care where the catalog puts the migration of a deploy', async () => {
    const world = new World({ approvals: noApprovals, migration: beforeStage });
    await harness.with(world, async (start) => {
      await (await start('migrate', migrateOf(world))).result();
      expect(world.methods()).toEqual(['stamp', 'syncMigration', 'runMigration']);
    });
  });
});
