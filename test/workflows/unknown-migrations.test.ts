import { describe, expect, it } from 'vitest';
import type { Plan } from '../../contract/plan.ts';
import { expectFailure, refused } from '../expect-failure.ts';
import { approve, cancel, decide, deployOf, release, rollbackOf, untilAsked, untilParked } from './runs.ts';
import { openHarness } from './stage.ts';
import { commits, compatible, dataOwner, failingSmoke, migration, noApprovals, owner, World } from './world.ts';

const harness = openHarness();
const missing = 'the commit has no folder migrations';

/** A commit whose migrations nobody can list: the folder is not there, or has another layout (invariant I8). */
describe('migrations that are not known', () => {
  it('are shown as such, ask the data owner, and park instead of going back when a gate fails', async () => {
    const world = new World({ smoke: failingSmoke });
    world.unknownMigrations.set(commits.good, missing);
    await harness.with(world, async (start) => {
      const run = await start('deploy', deployOf(world));
      const asked = await untilAsked(run);
      expect(asked.waitingFor?.what).toContain('by release-owner and data-owner');
      expect(await run.query<Plan>('plan')).toMatchObject({ migrations: null, migrationsUnknown: missing });
      const { detail } = asked.steps.find(({ name }) => name === 'plan') ?? {};
      expect(detail).toContain(`its migrations are not known (${missing}), so they count as incompatible`);
      await approve(run, owner, dataOwner);
      expect((await untilParked(run)).waitingFor?.who).toEqual([dataOwner]);
      expect(world.methods()).not.toContain('restore');
      await decide(run, 'abort', { by: dataOwner });
      await expectFailure(run, 'Aborted');
    });
  });

  it('of what serves make all migrations of the commit count, since nobody can say which have run', async () => {
    const world = new World();
    world.unknownMigrations.set(commits.old, missing);
    world.migrations.set(commits.good, [compatible]);
    await harness.with(world, async (start) => {
      const run = await start('deploy', deployOf(world));
      expect((await untilAsked(run)).waitingFor?.what).toContain('by release-owner');
      expect(await run.query<Plan>('plan')).toMatchObject({ migrations: [compatible] });
      await cancel(run);
    });
  });

  it('are all that is known where the catalog says that only the command knows', async () => {
    const { directory: _none, ...command } = migration;
    const world = new World({ migration: { ...command, layout: 'command' } });
    await harness.with(world, async (start) => {
      const run = await start('deploy', deployOf(world));
      expect((await untilAsked(run)).waitingFor?.what).toContain('by release-owner and data-owner');
      expect(await run.query<Plan>('plan')).toMatchObject({
        migrations: null,
        migrationsUnknown: expect.stringContaining('only the command knows'),
      });
      await approve(run, owner, dataOwner);
      await run.result();
    });
  });

  it('between two states are no way back without a decision about the schema', async () => {
    const world = new World({ approvals: noApprovals });
    await harness.with(world, async (start) => {
      await release(start, world);
      world.unknownMigrations.set(commits.good, missing);
      const before = world.writes.length;
      const why = `unknown migrations between the two states (${missing})`;
      await expectFailure(await start('rollback', rollbackOf(world)), 'InvalidInput', why);
      expect(world.writes).toHaveLength(before);
      const run = await start('rollback', rollbackOf(world, { schemaVersion: 'before' }));
      await untilAsked(run);
      await expect(run.executeUpdate('approve', { args: [{ by: owner }] })).rejects.toMatchObject(refused);
      await cancel(run);
    });
  });
});
