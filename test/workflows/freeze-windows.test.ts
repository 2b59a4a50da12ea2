import { describe, expect, it } from 'vitest';
import { cancel, deployOf, release, startAndApprove, untilParked, untilWaitingFor } from './runs.ts';
import { openHarness } from './stage.ts';
import { noApprovals, owner, World } from './world.ts';

const harness = openHarness();

describe('a freeze', () => {
  const freeze = (world: World, more = {}) => harness.tell(world, 'freeze', { reason: 'stocktaking', ...more });
  const unfreeze = (world: World) => harness.tell(world, 'unfreeze', { reason: 'counted' });
  const made = ({ writes }: World) => writes.map(({ method, marker }) => `${method} ${marker.attempt}`);

  const range = (fromMs: number, toMs: number) => [
    {
      name: 'stocktaking',
      reason: 'goods are counted',
      since: new Date(Date.now() + fromMs).toISOString(),
      until: new Date(Date.now() + toMs).toISOString(),
    },
  ];

  it('that ends by itself lets a waiting change go on', async () => {
    const world = new World();
    world.failNext('stage', 'Unknown', 'nobody knows');
    await harness.with(world, async (start) => {
      const run = await startAndApprove(start, world);
      await untilParked(run);
      await freeze(world, { until: new Date(Date.now() + 1_500).toISOString() });
      await untilWaitingFor(run, 'freeze');
      await run.result();
    });
  });

  it('outlives an environment that is terminated, and so does its end', async () => {
    const world = new World();
    await harness.with(world, async (start) => {
      await (await startAndApprove(start, world)).result();
      await freeze(world, { until: '2999-01-01T00:00:00+02:00' });
      await harness.environment(world).terminate('by a test');
      const run = await startAndApprove(start, world);
      expect((await untilWaitingFor(run, 'freeze')).waitingFor).toMatchObject({
        until: '2999-01-01T00:00:00+02:00',
      });
      expect(await harness.environmentStatus(world)).toMatchObject({
        phase: 'frozen',
        freeze: { by: owner, reason: 'stocktaking' },
        number: 2,
      });
      await unfreeze(world);
      await run.result();
      await harness.environment(world).terminate('by a test');
      await (await startAndApprove(start, world)).result();
      expect(await harness.environmentStatus(world)).toMatchObject({ phase: 'free', freeze: null });
    });
  });

  it('of the catalog begins and ends by itself, and stops who holds the environment', async () => {
    const world = new World();
    world.failNext('syncMigration', 'Unknown', 'nobody knows');
    world.entry.settings.freezes = range(6_000, 10_000);
    await harness.with(world, async (start) => {
      const run = await startAndApprove(start, world);
      await untilParked(run);
      expect(await harness.environmentStatus(world)).toMatchObject({
        freeze: null,
        nextFreeze: { name: 'stocktaking' },
      });
      const { waitingFor } = await untilWaitingFor(run, 'freeze');
      expect(waitingFor).toMatchObject({
        what: expect.stringContaining('the freeze of the catalog: stocktaking: goods are counted'),
        until: world.entry.settings.freezes?.[0]?.until,
      });
      expect(await harness.environmentStatus(world)).toMatchObject({
        phase: 'frozen',
        freeze: { by: 'the catalog' },
        nextFreeze: null,
      });
      await run.result();
      expect(Date.now()).toBeGreaterThanOrEqual(Date.parse(world.entry.settings.freezes?.[0]?.until ?? ''));
      expect(made(world)).toContain('stage 2');
    });
  }, 40_000);

  it('of the catalog that a person ended stays ended after a restart; a new window counts', async () => {
    const world = new World({ approvals: noApprovals });
    await harness.with(world, async (start) => {
      await release(start, world);
      world.entry.settings.freezes = range(-1_000, 600_000);
      const run = await start('deploy', deployOf(world));
      await untilWaitingFor(run, 'freeze');
      await freeze(world);
      expect(await unfreeze(world)).toContain('another freeze goes on: frozen by the catalog');
      await unfreeze(world);
      await run.result();
      await harness.environment(world).terminate('by a test');
      await release(start, world);
      world.entry.settings.freezes = [...world.entry.settings.freezes, ...range(-1_000, 700_000)];
      const next = await start('deploy', deployOf(world));
      await untilWaitingFor(next, 'freeze');
      await cancel(next);
    });
  }, 20_000);
});
