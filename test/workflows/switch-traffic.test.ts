import { describe, expect, it } from 'vitest';
import type { CatalogEntry } from '../../contract/catalog/catalog.ts';
import type { StepStatus } from '../../contract/status.ts';
import { failureOf, until } from './harness.ts';
import { deployOf, release, rollbackOf, untilWaitingFor } from './runs.ts';
import { openHarness } from './stage.ts';
import { commits, noApprovals, owner, World } from './world.ts';

const harness = openHarness();
const request = (frozen: boolean) => ({
  method: 'PUT' as const,
  path: '/writes',
  body: { frozen },
  timeoutSeconds: 5,
});
const trafficSwitches: CatalogEntry['settings']['trafficSwitches'] = {
  search: {
    description: 'no search',
    disable: request(true),
    enable: request(false),
    check: { path: '/writes', timeoutSeconds: 5, pointer: '/frozen', disabled: true, enabled: false },
  },
};
const settings = { approvals: noApprovals, trafficSwitches };
const switchOf = ({ service }: World, changes: object = {}) => ({
  service,
  environment: 'staging',
  requestedBy: owner,
  reason: 'the provider is down',
  switch: 'search',
  to: 'disabled',
  ...changes,
});

describe('the switch of a path of traffic', () => {
  it('disables it, reads that back, and the environment shows it until a person enables it', async () => {
    const world = new World(settings);
    await harness.with(world, async (start) => {
      await release(start, world);
      world.asked.length = 0;
      const run = await start('switchTraffic', switchOf(world));
      const { outcome, change } = await run.result();
      expect(world.asked).toEqual(['GET /writes', 'PUT /writes {"frozen":true}', 'GET /writes']);
      expect(world.methods(change)).toEqual(['stamp']);
      expect(outcome).toContain(`./slipway switch-traffic ${world.service} --environment staging --switch search`);
      const { disabledTraffic, ledger } = await harness.environmentStatus(world);
      expect(disabledTraffic).toMatchObject([{ switch: 'search', state: 'disabled', by: owner, change }]);
      expect(ledger.at(-1)).toMatchObject({ kind: 'switchTraffic', switch: 'search', state: 'disabled' });
      expect(world.writesFrozen).toBe(true);
      // A fresh environment knows it from the stored ledger.
      await harness.environment(world).terminate();
      await release(start, world, { commit: commits.old });
      expect((await harness.environmentStatus(world)).disabledTraffic).toMatchObject([{ switch: 'search' }]);
      await (await start('switchTraffic', switchOf(world, { to: 'enabled', reason: 'it is up' }))).result();
      expect((await harness.environmentStatus(world)).disabledTraffic).toEqual([]);
      expect(world.writesFrozen).toBe(false);
    });
  });

  it('passes a freeze, adopts what is so already, and is refused without such a switch in the catalog', async () => {
    const world = new World(settings);
    await harness.with(world, async (start) => {
      await release(start, world);
      await harness.tell(world, 'freeze', { reason: 'sale weekend' });
      const waiting = await start('deploy', deployOf(world));
      await untilWaitingFor(waiting, 'freeze');
      world.writesFrozen = true;
      await expect((await start('switchTraffic', switchOf(world))).result()).resolves.toMatchObject({ already: true });
      expect(await failureOf(await start('switchTraffic', switchOf(world, { switch: 'uploads' })))).toMatchObject({
        type: 'InvalidInput',
        message: expect.stringContaining('no traffic switch uploads for staging; it has: search'),
      });
      await harness.tell(world, 'unfreeze', { reason: 'it is over' });
      await waiting.result();
    });
  });

  it('that a rollback stops while nobody knows what became of it stands as unknown', async () => {
    const world = new World(settings);
    await harness.with(world, async (start) => {
      await release(start, world, { commit: commits.old });
      await release(start, world);
      world.switchIsBroken = true;
      const goOn = world.holdNext('GET /writes');
      const run = await start('switchTraffic', switchOf(world));
      const isSwitching = ({ name, state }: StepStatus) => name === 'switch-traffic' && state === 'running';
      await until(run, ({ steps }) => steps.some(isSwitching));
      const rollback = await start('rollback', rollbackOf(world));
      expect(await failureOf(run)).toMatchObject({ type: 'Preempted' });
      goOn();
      await rollback.result();
      expect((await harness.environmentStatus(world)).disabledTraffic).toMatchObject([{ state: 'unknown' }]);
    });
  });
});
