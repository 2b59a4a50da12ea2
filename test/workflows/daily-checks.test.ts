import { describe, expect, it } from 'vitest';
import { expectFailure } from '../expect-failure.ts';
import { openHarness } from './stage.ts';
import { World } from './world.ts';

const harness = openHarness();
const pods = { name: 'pods', verdict: 'pass', reason: '3 of 3 pods are ready' } as const;
const smoke = { name: 'smoke', verdict: 'inconclusive', reason: 'no Job has the labels' } as const;
const crashed = { name: 'restarts', verdict: 'fail', reason: 'pod app-0: 2 restarts' } as const;

describe('daily checks', () => {
  it('that all pass complete, change nothing, and hold nothing', async () => {
    const world = new World();
    await harness.with(world, async (start) => {
      const run = await start('dailyChecks', { service: world.service, environment: 'staging' });
      expect(await run.result()).toEqual({
        outcome: `${world.service} in staging: all 1 checks passed`,
        service: world.service,
        environment: 'staging',
        checks: [pods],
      });
      expect(world.writes).toEqual([]);
      await expect(harness.environmentStatus(world)).rejects.toThrow();
    });
  });

  it('of which one could not look complete, and say which', async () => {
    const world = new World();
    world.checks = [pods, smoke];
    await harness.with(world, async (start) => {
      const run = await start('dailyChecks', { service: world.service, environment: 'staging' });
      expect((await run.result()).outcome).toBe(
        `${world.service} in staging: 1 of 2 checks passed; inconclusive: smoke: no Job has the labels`,
      );
    });
  });

  it('of which one fails end as Unhealthy, the worst first, with all of them in the details', async () => {
    const world = new World();
    world.checks = [pods, smoke, crashed];
    await harness.with(world, async (start) => {
      const run = await start('dailyChecks', { service: world.service, environment: 'staging' });
      await expectFailure(
        run,
        'Unhealthy',
        '1 of 3 checks passed; restarts: pod app-0: 2 restarts; inconclusive: smoke: no Job has the labels',
      );
      const { cause } = (await run.result().catch((error: unknown) => error)) as { cause: { details: unknown[] } };
      expect(cause.details).toEqual([{ service: world.service, environment: 'staging', checks: world.checks }]);
      const metadata = await details(run.workflowId);
      expect(metadata).toContain('1 of 3 checks passed');
      expect(metadata).toContain('- ✗ restarts: pod app-0: 2 restarts');
    });
  });

  it('of a platform that does not answer end as Unhealthy, too', async () => {
    const world = new World();
    world.failNext('health', 'Denied', 'the credentials are refused');
    await harness.with(world, async (start) => {
      const run = await start('dailyChecks', { service: world.service, environment: 'staging' });
      await expectFailure(run, 'Unhealthy', 'platform: nobody could look: the credentials are refused');
    });
  });

  it.each([
    [{ service: 'Shop', extra: 1 }, /service: .*; environment: .*; extra: is not a field/],
    [{ service: 'nobody', environment: 'staging' }, /service: unknown nobody/],
  ])('with the input %j end as InvalidInput', async (input, problems) => {
    const world = new World();
    await harness.with(world, async (start) => {
      await expectFailure(await start('dailyChecks', input), 'InvalidInput', problems);
    });
  });
});

/** Reads the current details of a run, as the Temporal UI shows them. */
async function details(workflowId: string): Promise<string> {
  const answer = await harness.client.workflow.getHandle(workflowId).query<string>('__temporal_workflow_metadata');
  return JSON.stringify(answer).replaceAll('\\n', '\n');
}
