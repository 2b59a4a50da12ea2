import { describe, expect, it } from 'vitest';
import { changeEntries } from '../../contract/ledger.ts';
import { expectFailure, refused } from '../expect-failure.ts';
import { until } from './harness.ts';
import { deployOf, timelineOf, untilAsked, untilAskedAnew } from './runs.ts';
import { openHarness } from './stage.ts';
import { payload, people, signers, startSigned, third } from './signing.ts';
import { deputy, developer, owner, World } from './world.ts';

const policy = {
  required: [{ role: 'release-owner', count: 1 }],
  rollback: [],
  requesterMayApprove: false,
  expiresAfterMinutes: 5,
};
const signed = { ...policy, identity: 'signed' as const };

const harness = openHarness();

describe('approvals', () => {
  const takeAway = (world: World, person: string): void => {
    const { owners } = world.entry;
    world.entry = {
      ...world.entry,
      owners: Object.fromEntries(
        Object.entries(owners).map(([role, people]) => [role, people.filter((one) => one !== person)]),
      ),
    };
  };

  it.each([
    [
      'whose role was taken away since',
      (world: World) => takeAway(world, owner),
      'does not hold release-owner any more',
    ],
    [
      'whose key was withdrawn since',
      (world: World) => void (world.entry = { ...world.entry, signers: signers.filter(({ by }) => by !== owner) }),
      'has no key of release-owner@example.com',
    ],
  ])('of somebody %s fall on entry and are asked for again', async (_who, change, reason) => {
    const world = new World({ approvals: { ...signed, required: [{ role: 'release-owner', count: 2 }] } }, people);
    await harness.with(world, async (start) => {
      const run = await startSigned(start, 'deploy', deployOf(world));
      const status = await untilAsked(run);
      await run.executeUpdate('approve', { args: [payload(status, owner)] });
      change(world);
      await run.executeUpdate('approve', { args: [payload(status, deputy)] });
      const again = await until(run, ({ waitingFor, refused }) => waitingFor?.kind === 'approval' && refused.count > 0);
      expect(again.refused.last[0]).toMatchObject({
        message: 'approve',
        by: owner,
        reason: expect.stringContaining(reason),
      });
      expect(again.approvals).toMatchObject([{ by: deputy }]);
      expect(again.plan).toBe(status.plan);
      expect(world.writes).toEqual([]);
      await expect(run.executeUpdate('approve', { args: [payload(again, owner)] })).rejects.toMatchObject(refused);
      await run.executeUpdate('approve', { args: [payload(again, third)] });
      await run.result();
      expect(
        changeEntries((await harness.environmentStatus(world)).ledger)
          .at(-1)
          ?.approvals.map(({ by }) => by),
      ).toEqual([deputy, third]);
    });
  });

  it('end with the requester’s right to ask', async () => {
    const world = new World({ approvals: policy });
    await harness.with(world, async (start) => {
      const run = await start('deploy', deployOf(world));
      await untilAsked(run);
      takeAway(world, developer);
      await run.signal('approve', { by: owner });
      await expectFailure(run, 'Rejected', 'developer@example.com may not start a deploy');
      expect((await harness.environmentStatus(world)).holder).toBeNull();
    });
    expect(world.writes).toEqual([]);
  });

  it('are void after the live service was changed by hand, and the next reminder says what differs', async () => {
    const world = new World({
      approvals: { ...policy, required: [{ role: 'release-owner', count: 2 }], remindEveryMinutes: 0.05 },
    });
    await harness.with(world, async (start) => {
      const run = await start('deploy', deployOf(world));
      const before = await untilAsked(run);
      await run.executeUpdate('approve', { args: [{ by: owner }] });
      world.changeByHand();
      const after = await untilAskedAnew(run, before);
      expect(after.approvals).toEqual([]);
      expect(after.waitingFor?.what).toContain('traffic was latest 100 %, is service-1 100 %');
      await expect(run.executeUpdate('approve', { args: [{ by: owner, plan: before.plan }] })).rejects.toMatchObject(
        refused,
      );
      for (const by of [owner, deputy]) await run.executeUpdate('approve', { args: [{ by, plan: after.plan }] });
      await run.result();
      const timeline = await timelineOf(run);
      expect(timeline.filter((line) => line.startsWith('waits for approval')).length).toBeGreaterThanOrEqual(2);
      expect(timeline.join('\n')).toContain('its approvals are void; traffic was');
    });
  }, 30_000);
});
