import { expect, it } from 'vitest';
import { approve, deployOf, timelineOf, untilAsked, untilAskedAnew, untilInStep } from './runs.ts';
import { openHarness } from './stage.ts';
import { owner, World } from './world.ts';

const harness = openHarness();

it('a change that holds the environment is not queued any more', async () => {
  const world = new World();
  await harness.with(world, async (start) => {
    const stamped = world.holdNext('stamp');
    const run = await start('deploy', deployOf(world));
    await approve(run);
    expect((await untilInStep(run, 'fence')).phase).toBe('entering');
    stamped();
    await run.result();
  });
});

it('the timeline names each phase once, before its first step has ended, and who approved', async () => {
  const world = new World();
  await harness.with(world, async (start) => {
    const run = await start('deploy', deployOf(world));
    const { plan } = await untilAsked(run);
    await run.executeUpdate('approve', { args: [{ by: owner }] });
    await run.result();
    const timeline = await timelineOf(run);
    expect(timeline.filter((line) => line.startsWith('phase '))).toEqual(
      [
        ...['preflight', 'building', 'planning', 'approval', 'queued', 'entering', 'staging', 'migrating', 'smoke'],
        ...['shifting', 'smoke', 'baking', 'done'],
      ].map((phase) => `phase ${phase}`),
    );
    for (const [phase, step] of Object.entries({ preflight: 'preflight', building: 'build', planning: 'plan' }))
      expect(timeline.indexOf(`phase ${phase}`)).toBeLessThan(
        timeline.findIndex((line) => line.startsWith(`${step}: `)),
      );
    expect(timeline).toContain(
      `approved plan ${plan.slice(0, 12)} by ${owner} as release-owner; all approvals are given`,
    );
  });
});

it('a plan that is void on entry is approved and queued anew, and no phase is made up', async () => {
  const world = new World();
  await harness.with(world, async (start) => {
    const run = await start('deploy', deployOf(world));
    const before = await untilAsked(run);
    world.changeByHand();
    await run.executeUpdate('approve', { args: [{ by: owner }] });
    await untilAskedAnew(run, before);
    await run.executeUpdate('approve', { args: [{ by: owner }] });
    await run.result();
    const phases = (await timelineOf(run)).filter((line) => /^phase (approval|queued|entering|staging)$/.test(line));
    const pass = ['phase approval', 'phase queued', 'phase entering'];
    expect(phases).toEqual([...pass, ...pass, 'phase staging']);
  });
});
