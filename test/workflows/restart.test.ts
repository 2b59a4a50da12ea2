import { describe, expect, it } from 'vitest';
import { eventually } from '../until.ts';
import { failureOf } from './harness.ts';
import { deployOf, parkInStage, release, restartOf, rollbackOf, untilWaitingFor } from './runs.ts';
import { openHarness } from './stage.ts';
import { commits, developer, digestOfCommit, noApprovals, owner, World } from './world.ts';

const harness = openHarness();
const settings = { approvals: noApprovals };

describe('a restart', () => {
  it('makes the instances anew, smokes what is live, and says in the ledger what serves', async () => {
    const world = new World(settings);
    await harness.with(world, async (start) => {
      const { digest, commit } = await release(start, world);
      const run = await start('restart', restartOf(world));
      const { change, revision, outcome } = await run.result();
      expect(world.methods(change)).toEqual(['stamp', 'restart']);
      expect(outcome).toBe(`restarted commit ${commit.slice(0, 12)} as revision ${revision}`);
      const { runs, lastKnownGood, ledger, holds } = await harness.environmentStatus(world);
      expect(runs).toMatchObject({ revision, digest, commit });
      expect(ledger.at(-1)).toMatchObject({ kind: 'restart', by: owner, reason: 'stale leases', verified: false });
      // It verifies no artifact: what the deploy has verified is still what is known to be good.
      expect(lastKnownGood).toMatchObject({ kind: 'deploy', digest });
      expect(holds).toEqual([]);
    });
  });

  it('is restored if the instances do not become ready, and blames no artifact', async () => {
    const world = new World(settings);
    await harness.with(world, async (start) => {
      const { revision, digest } = await release(start, world);
      world.failNext('ready', 'GateFailed', 'pod app-0 crashes again and again');
      const run = await start('restart', restartOf(world));
      expect(await failureOf(run)).toMatchObject({ type: 'RolledBack', message: expect.stringContaining('app-0') });
      const { ledger, runs, holds } = await harness.environmentStatus(world);
      expect(ledger.at(-1)).toMatchObject({ kind: 'restart', serves: { revision, digest }, hold: null });
      expect(runs).toMatchObject({ revision, digest });
      expect(holds).toEqual([]);
    });
  });

  it('passes a freeze and those who wait for its end, but stops no deploy that holds the environment', async () => {
    const world = new World(settings);
    await harness.with(world, async (start) => {
      await release(start, world, { commit: commits.old });
      const { run: holder } = await parkInStage(start, world);
      const restart = await start('restart', restartOf(world));
      const { waitingFor } = await untilWaitingFor(restart, 'queue');
      expect(waitingFor?.what).toContain('deploy');
      await holder.cancel();
      await failureOf(holder);
      await restart.result();
      await harness.tell(world, 'freeze', { reason: 'sale weekend' });
      const waiting = await start('deploy', deployOf(world));
      await untilWaitingFor(waiting, 'freeze');
      await (await start('restart', restartOf(world))).result();
      const { queue } = await harness.environmentStatus(world);
      expect(queue.map(({ kind }) => kind)).toEqual(['deploy']);
      await harness.tell(world, 'unfreeze', { reason: 'it is over' });
      await waiting.result();
    });
  });

  it('yields to a rollback, which owns what it leaves', async () => {
    const world = new World(settings);
    await harness.with(world, async (start) => {
      await release(start, world, { commit: commits.old });
      await release(start, world);
      world.holdNext('ready');
      const restart = await start('restart', restartOf(world));
      await harness.untilEnvironment(world, ({ holder }) => holder?.kind === 'restart');
      await untilWritten(world, 'restart');
      const rollback = await start('rollback', rollbackOf(world));
      expect(await failureOf(restart)).toMatchObject({ type: 'Preempted' });
      await rollback.result();
      const { runs } = await harness.environmentStatus(world);
      expect(runs?.digest).toBe(digestOfCommit(commits.old));
    });
  });

  it('may be started by everybody whom the catalog lists, needs a reason, and something that runs', async () => {
    const world = new World({ ...settings, starts: ['release-owner'] });
    await harness.with(world, async (start) => {
      await release(start, world, { requestedBy: owner });
      await (await start('restart', restartOf(world, { requestedBy: developer }))).result();
      const stranger = await start('restart', restartOf(world, { requestedBy: 'nobody@example.com', reason: '' }));
      expect(await failureOf(stranger)).toMatchObject({
        type: 'InvalidInput',
        message: expect.stringContaining('reason'),
      });
      world.live = { ...world.live, exists: false, serving: [], template: null };
      expect(await failureOf(await start('restart', restartOf(world)))).toMatchObject({
        type: 'InvalidInput',
        message: expect.stringContaining('runs in staging yet'),
      });
    });
  });

  it('starts where no instance is ready: that is what it is for', async () => {
    const world = new World(settings);
    await harness.with(world, async (start) => {
      const { digest } = await release(start, world);
      world.live = { ...world.live, serving: [] };
      await expect((await start('restart', restartOf(world))).result()).resolves.toMatchObject({ digest });
    });
  });
});

async function untilWritten(world: World, method: string): Promise<void> {
  await eventually(`a write: ${method}`, async () => world.methods().includes(method));
}
