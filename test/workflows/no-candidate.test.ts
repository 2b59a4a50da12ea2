import { describe, expect, it } from 'vitest';
import { queryNames } from '../../contract/messages.ts';
import type { Plan } from '../../contract/plan.ts';
import { failureOf } from './harness.ts';
import { deployOf, release, rollBack, startAndApprove, statusOf, untilAsked } from './runs.ts';
import { openHarness } from './stage.ts';
import { clusterTarget, commits, failingSmoke, migration, noApprovals, owner, World } from './world.ts';

const harness = openHarness();

const target = clusterTarget;
const { when: _when, ...whereThePlatformWants } = migration;

/** A workload has nothing at 0 %: what is applied serves users at once (runbook 001). */
describe('a deploy to a platform without a candidate', () => {
  it('migrates first, then applies, and smokes only what is live', async () => {
    const world = new World({ approvals: noApprovals, target, migration: whereThePlatformWants });
    await harness.with(world, async (start) => {
      world.nameOfNextRevision = 'runtime-6f9c';
      expect(await release(start, world)).toMatchObject({ revision: 'runtime-6f9c' });
      expect(world.methods()).toEqual(['stamp', 'syncMigration', 'runMigration', 'stage', 'shift']);
    });
  });

  it('shows these steps in its plan', async () => {
    const world = new World({ target, migration: whereThePlatformWants });
    await harness.with(world, async (start) => {
      const run = await start('deploy', deployOf(world, { dryRun: true }));
      await run.result();
      const { steps } = await run.query<Plan>(queryNames.plan);
      expect(steps.slice(3)).toEqual([
        ...['fence', 'sync-job', 'migrate', 'stage', 'shift', 'smoke-live', 'bake', 'read-back', 'ledger'],
      ]);
    });
  });

  it('migrates after it has applied, where the catalog wants the order of runbook 001', async () => {
    const world = new World({ approvals: noApprovals, target, migration: { ...migration, when: 'afterShift' } });
    await harness.with(world, async (start) => {
      await release(start, world);
      expect(world.methods()).toEqual(['stamp', 'stage', 'shift', 'syncMigration', 'runMigration']);
    });
  });

  it('writes the name that the platform gave the revision into the ledger, and rolls back from it', async () => {
    const world = new World({ approvals: noApprovals, target });
    await harness.with(world, async (start) => {
      world.nameOfNextRevision = 'runtime-6f9c';
      await release(start, world);
      const { ledger } = await harness.environmentStatus(world);
      expect(ledger.at(-1)).toMatchObject({ revision: 'runtime-6f9c', verified: true });
      expect(await rollBack(start, world)).toMatchObject({ revision: 'service-1' });
    });
  });

  it('restores what served when the smoke of what is live fails', async () => {
    const world = new World({ approvals: noApprovals, target, smoke: failingSmoke });
    await harness.with(world, async (start) => {
      expect(await failureOf(await start('deploy', deployOf(world)))).toMatchObject({ type: 'RolledBack' });
      expect(world.methods()).toEqual(['stamp', 'syncMigration', 'runMigration', 'stage', 'shift', 'restore']);
      expect(world.live.serving).toMatchObject([{ revision: 'service-1' }]);
    });
  });

  it('asks for the sign-off of the smoke after what is live was smoked', async () => {
    const signOffs = { smoke: [{ role: 'release-owner', count: 1 }] };
    const world = new World({ target, approvals: { ...noApprovals, signOffs } });
    await harness.with(world, async (start) => {
      const run = await start('deploy', deployOf(world));
      await untilAsked(run, 'sign-off of the smoke');
      expect(world.methods().at(-1)).toBe('shift');
      const { waitingFor, steps } = await statusOf(run);
      expect(waitingFor?.what).toContain('the smoke of plan');
      expect(steps.find(({ name }) => name === 'stage')?.detail).toMatch(/^recorded as .*, which serves nobody yet$/);
    });
  });

  it('releases the artifact again where the revision to go back to is gone, without a standing job', async () => {
    const world = new World({ approvals: noApprovals, target, migration: whereThePlatformWants });
    await harness.with(world, async (start) => {
      await release(start, world);
      world.writes.length = 0;
      world.failNext('restore', 'Missing', 'revision service-1 does not exist any more');
      await rollBack(start, world);
      expect(world.methods()).toEqual(['stamp', 'stage', 'shift']);
      expect(world.live.serving[0]?.commit).toBe(commits.old);
    });
  });

  it('needs the approvals of its policy before anything is written', async () => {
    const world = new World({ target });
    await harness.with(world, async (start) => {
      const run = await startAndApprove(start, world, owner);
      await run.result();
      expect(world.methods()[0]).toBe('stamp');
    });
  });
});
