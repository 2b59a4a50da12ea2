import { describe, expect, it } from 'vitest';
import { baseline } from '../../contract/catalog/baseline.ts';
import { expectFailure } from '../expect-failure.ts';
import { eventually } from '../until.ts';
import { openHarness } from './stage.ts';
import { commits, World } from './world.ts';

const harness = openHarness();
const command = { name: 'test', command: ['true'] };

describe('a baseline', () => {
  it('that holds completes, says the commit, and touches no environment', async () => {
    const world = new World();
    await harness.with(world, async (start) => {
      const run = await start('baseline', { service: world.service });
      expect(await run.result()).toMatchObject({
        outcome: `baseline of ${world.service}: all 2 checks passed`,
        commit: commits.good,
        list: 'baseline',
        checks: [{ name: 'commit' }, { name: 'test', verdict: 'pass' }],
      });
      expect(world.writes).toEqual([]);
      await expect(harness.environmentStatus(world)).rejects.toThrow();
    });
  });

  it('that does not hold ends as Unhealthy; the checks are in the details and in the UI', async () => {
    const world = new World();
    world.readiness = 'no response';
    const postgres = { address: 'localhost:5432', user: 'me', databases: ['shop_dev'] };
    world.baseline = baseline.parse({ postgres, commands: [command] });
    await harness.with(world, async (start) => {
      const run = await start('baseline', { service: world.service });
      await expectFailure(
        run,
        'Unhealthy',
        '1 of 2 checks passed; postgres: localhost:5432 - no response: ; 2 not run',
      );
      const { cause } = (await run.result().catch((error: unknown) => error)) as { cause: { details: unknown[] } };
      expect(cause.details).toMatchObject([{ service: world.service, checks: [{ name: 'postgres' }, {}, {}, {}] }]);
      const handle = harness.client.workflow.getHandle(run.workflowId);
      const shown = JSON.stringify(await handle.query('__temporal_workflow_metadata'));
      expect(shown).toContain('- ✗ postgres: localhost:5432 - no response');
      expect(shown).toContain('next: start PostgreSQL there');
    });
  });

  it('runs the validation commands instead, where it is asked to', async () => {
    const world = new World();
    world.baseline = baseline.parse({ commands: [command], validation: [{ name: 'ci', command: ['true'] }] });
    await harness.with(world, async (start) => {
      const run = await start('baseline', { service: world.service, commit: commits.good, validation: true });
      expect(await run.result()).toMatchObject({ list: 'validation', checks: [{ name: 'commit' }, { name: 'ci' }] });
    });
  });

  it('that is cancelled ends once its command has ended', async () => {
    const world = new World();
    world.baseline = baseline.parse({ commands: [{ name: 'test', command: ['sleep', '60'] }] });
    await harness.with(world, async (start) => {
      const run = await start('baseline', { service: world.service });
      await eventually(
        () => 'the command never began',
        async () => JSON.stringify((await run.describe()).raw.pendingActivities ?? []).includes('heartbeatDetails'),
        10_000,
      );
      await run.cancel();
      await expect(run.result()).rejects.toMatchObject({ cause: { name: 'CancelledFailure' } });
    });
  });

  it.each([
    [{ service: 'Shop', commit: 'abc', extra: 1 }, /service: .*; commit: .*; extra: is not a field/],
    [{ service: 'nobody' }, /service: unknown nobody/],
    [{ validation: true }, /validation: .* has no validation commands/],
  ])('with the input %j ends as InvalidInput', async (input, problems) => {
    const world = new World();
    await harness.with(world, async (start) => {
      await expectFailure(await start('baseline', { service: world.service, ...input }), 'InvalidInput', problems);
    });
  });
});
