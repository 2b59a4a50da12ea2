import { describe, expect, it } from 'vitest';
import { expectFailure, refused } from '../expect-failure.ts';
import { failureOf } from './harness.ts';
import { decide, deployOf, release, rollbackOf, timelineOf, untilAsked, untilParked } from './runs.ts';
import { openHarness } from './stage.ts';
import { noApprovals, owner, World } from './world.ts';

const harness = openHarness();
const edit = 'kubectl-set has set .spec.x of StatefulSet/app at 2026-03-01T10:00:00Z';

/** Somebody has changed by hand what a release would overwrite: it is theirs until a person decides. */
describe('a deploy that would overwrite what somebody else has changed', () => {
  it('asks before anybody approves or anything is written, with what was changed and all ways on', async () => {
    const world = new World();
    world.contested = [edit];
    await harness.with(world, async (start) => {
      const run = await start('deploy', deployOf(world));
      const { waitingFor } = await untilParked(run, 'plan');
      expect(waitingFor?.what).toContain(`it would overwrite what somebody else has changed: ${edit}.`);
      expect(waitingFor?.who).toContain(owner);
      for (const action of ['retry', 'force', 'abort'])
        expect(waitingFor?.commands.join('\n')).toContain(`--action ${action}`);
      await decide(run, 'abort', { note: 'it is a fix' });
      await expectFailure(run, 'Aborted', edit);
      expect(world.writes).toEqual([]);
    });
  });

  it('overwrites exactly that when an operator forces it, and says who did', async () => {
    const world = new World({ approvals: noApprovals });
    world.contested = [edit];
    await harness.with(world, async (start) => {
      const run = await start('deploy', deployOf(world));
      await untilParked(run, 'plan');
      await decide(run, 'force', { note: 'the fix is in this commit' });
      await run.result();
      expect(world.forced).toEqual([
        ['stage', [edit]],
        ['shift', [edit]],
      ]);
      expect((await timelineOf(run)).join('\n')).toContain(
        `to be overwritten by decision of ${owner}: the fix is in this commit: ${edit}`,
      );
    });
  });

  it('looks again when told to, and goes on without force once it was put back', async () => {
    const world = new World();
    world.contested = [edit];
    await harness.with(world, async (start) => {
      const run = await start('deploy', deployOf(world));
      await untilParked(run, 'plan');
      world.contested = [];
      await decide(run, 'retry');
      await untilAsked(run);
      await run.executeUpdate('approve', { args: [{ by: owner }] });
      await run.result();
      expect(world.forced).toEqual([
        ['stage', []],
        ['shift', []],
      ]);
    });
  });

  it('asks again on entry about what was changed since it was approved', async () => {
    const world = new World();
    await harness.with(world, async (start) => {
      const run = await start('deploy', deployOf(world));
      await untilAsked(run);
      world.contested = [edit];
      await run.executeUpdate('approve', { args: [{ by: owner }] });
      await untilParked(run, 'plan');
      expect(world.writes).toEqual([]);
      await decide(run, 'force');
      await run.result();
      expect(world.forced).toContainEqual(['shift', [edit]]);
    });
  });

  it('asks in the middle where it is changed in the middle, and tries the step again', async () => {
    const world = new World({ approvals: noApprovals });
    world.failNext('shift', 'Contested', edit, [[edit]]);
    await harness.with(world, async (start) => {
      const run = await start('deploy', deployOf(world));
      const { waitingFor } = await untilParked(run, 'shift');
      expect(waitingFor?.what).toContain(edit);
      await decide(run, 'force');
      await run.result();
      expect(world.forced.filter(([method]) => method === 'shift')).toEqual([
        ['shift', []],
        ['shift', [edit]],
      ]);
    });
  });

  it('takes no force where nothing is contested', async () => {
    const world = new World({ approvals: noApprovals });
    world.failNext('shift', 'Unknown', 'nobody knows');
    await harness.with(world, async (start) => {
      const run = await start('deploy', deployOf(world));
      await untilParked(run, 'shift');
      await expect(decide(run, 'force')).rejects.toMatchObject(refused);
      await decide(run, 'retry');
      await run.result();
    });
  });
});

describe('a rollback that would overwrite what somebody else has changed', () => {
  it('asks, and goes back when it is forced', async () => {
    const world = new World({ approvals: noApprovals });
    await harness.with(world, async (start) => {
      await release(start, world);
      world.failNext('restore', 'Contested', edit, [[edit]]);
      const run = await start('rollback', rollbackOf(world));
      await untilParked(run, 'restore');
      await decide(run, 'force');
      expect(await run.result()).toMatchObject({ revision: 'service-1' });
      expect(world.forced.filter(([method]) => method === 'restore')).toEqual([
        ['restore', []],
        ['restore', [edit]],
      ]);
    });
  });
});

describe('a drift check', () => {
  it('tells what somebody else has changed, and ends as Drifted', async () => {
    const world = new World({ approvals: noApprovals });
    await harness.with(world, async (start) => {
      await release(start, world);
      const place = { service: world.service, environment: 'staging' };
      expect(await (await start('checkDrift', place)).result()).toMatchObject({
        outcome: 'no drift in 1 environment',
      });
      world.foreign = [edit];
      expect(await failureOf(await start('checkDrift', place))).toMatchObject({
        type: 'Drifted',
        message: expect.stringContaining(edit),
      });
    });
  });
});
