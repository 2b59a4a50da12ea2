import { describe, expect, it } from 'vitest';
import { refusedBecause } from '../expect-failure.ts';
import { commits, developer, noApprovals, owner, World } from './world.ts';
import { deployOf, release, rollBack, untilWaitingFor } from './runs.ts';
import { openHarness } from './stage.ts';

const harness = openHarness();
const everything = { reason: 'the identity provider is down', scope: 'everything' };
const over = { reason: 'it answers again', scope: 'everything' };

describe('the part of a stop of the line that an environment has', () => {
  it('keeps a deploy waiting, which says so, and lets a rollback pass', async () => {
    const world = new World({ approvals: noApprovals });
    await harness.with(world, async (start) => {
      await release(start, world);
      await harness.tell(world, 'freeze', everything);
      const deploy = await start('deploy', deployOf(world, { commit: commits.bad }));
      const { waitingFor } = await untilWaitingFor(deploy, 'freeze');
      expect(waitingFor?.what).toBe(`the end of the freeze of ${owner} (everything is stopped): ${everything.reason}`);
      expect(waitingFor?.commands).toEqual([
        expect.stringContaining('"scope":"everything"'),
        `./slipway unfreeze --all --by ${owner} --reason 'the freeze is over'`,
        expect.stringContaining('./slipway environment show'),
      ]);
      const { queue } = await harness.environmentStatus(world);
      expect(queue[0]?.waitsFor).toBe(`the end of the freeze of ${owner} (everything is stopped)`);
      await rollBack(start, world);
      await harness.tell(world, 'unfreeze', over);
      await deploy.result();
    });
  });

  it('stands beside a freeze of its own and a stop of its service, and each ends by itself', async () => {
    const world = new World({ approvals: noApprovals });
    await harness.with(world, async (start) => {
      await release(start, world);
      await harness.tell(world, 'freeze', { reason: 'sale weekend' });
      await harness.tell(world, 'freeze', everything);
      await harness.tell(world, 'freeze', { reason: 'its database moves', scope: 'service' });
      const both = await harness.environmentStatus(world);
      expect(both.freeze?.reason).toBe('sale weekend');
      expect(both.stops.map(({ scope }) => scope).sort()).toEqual(['everything', 'service']);
      expect(await harness.tell(world, 'unfreeze', over)).toContain('another freeze goes on');
      const rest = await harness.environmentStatus(world);
      expect(rest.freeze?.reason).toBe('sale weekend');
      expect(rest.stops).toMatchObject([{ scope: 'service' }]);
      await harness.tell(world, 'unfreeze', { reason: 'the sale is over' });
      expect((await harness.environmentStatus(world)).freeze).toMatchObject({ scope: 'service' });
      // A message without a scope ends what is on: here the part of this environment alone.
      await harness.tell(world, 'unfreeze', { reason: 'this one may go on' });
      expect(await harness.environmentStatus(world)).toMatchObject({ freeze: null, stops: [] });
    });
  });

  it('is on once however often it is sent, and ending what is not on changes nothing', async () => {
    const world = new World({ approvals: noApprovals });
    await harness.with(world, async (start) => {
      await release(start, world);
      await harness.tell(world, 'freeze', everything);
      const { stops } = await harness.environmentStatus(world);
      expect(await harness.tell(world, 'freeze', everything)).toContain('it was already');
      const again = await harness.environmentStatus(world);
      expect(again.stops).toEqual(stops);
      expect(again.ledger.filter(({ kind }) => kind === 'freeze')).toHaveLength(1);
      await harness.tell(world, 'unfreeze', over);
      expect(await harness.tell(world, 'unfreeze', over)).toContain('no such stop was on here');
      expect((await harness.environmentStatus(world)).ledger.filter(({ kind }) => kind === 'unfreeze')).toHaveLength(1);
      await expect(harness.tell(world, 'freeze', { ...everything, by: developer })).rejects.toMatchObject(
        refusedBecause('holds none of the roles'),
      );
    });
  });

  it('ends at its time, and is known to a fresh environment from the ledger', async () => {
    const world = new World({ approvals: noApprovals });
    await harness.with(world, async (start) => {
      await release(start, world);
      await harness.tell(world, 'freeze', everything);
      await harness.environment(world).terminate();
      const deploy = await start('deploy', deployOf(world));
      const { waitingFor } = await untilWaitingFor(deploy, 'freeze');
      expect(waitingFor?.what).toContain('everything is stopped');
      const until = new Date(Date.now() + 2_000).toISOString();
      await harness.tell(world, 'freeze', { ...everything, until });
      await deploy.result();
      expect(await harness.environmentStatus(world)).toMatchObject({ freeze: null, stops: [] });
    });
  });
});
