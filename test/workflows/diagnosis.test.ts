import { describe, expect, it } from 'vitest';
import { queryNames } from '../../contract/messages.ts';
import type { ChangeStatus } from '../../contract/status.ts';
import { expectFailure } from '../expect-failure.ts';
import { decide, deployOf, untilParked } from './runs.ts';
import { openHarness } from './stage.ts';
import { failingSmoke, logEntry, noApprovals, World } from './world.ts';

const harness = openHarness();

describe('a deploy that fails', () => {
  it('says likely cause and fix, from the log of the new revision', async () => {
    const world = new World({ approvals: noApprovals, smoke: failingSmoke });
    world.logEntries = [{ ...logEntry('remote sync attempt failed'), revision: 'new' }];
    await harness.with(world, async (start) => {
      const run = await start('deploy', deployOf(world));
      await expectFailure(run, 'RolledBack', 'expected 418');
      expect((await run.query<ChangeStatus>(queryNames.status)).diagnosis).toMatchObject([
        { name: 'remoteSync', fix: expect.stringContaining('--no-remote'), seen: 'remote sync attempt failed' },
      ]);
      const details = JSON.stringify(await run.query('__temporal_workflow_metadata'));
      expect(details).toContain('### Likely cause');
    });
  });

  it('ends as it would have ended where the log does not answer', async () => {
    const world = new World({ approvals: noApprovals, smoke: failingSmoke });
    world.failNext('logs', 'Denied', 'the log is not ours to read');
    await harness.with(world, async (start) => {
      const run = await start('deploy', deployOf(world));
      await expectFailure(run, 'RolledBack', 'expected 418');
      expect((await run.query<ChangeStatus>(queryNames.status)).diagnosis).toBeUndefined();
      expect(JSON.stringify(await run.query(queryNames.timeline))).toContain('nobody could find out why');
    });
  });
});

describe('a deploy of what is on hold', () => {
  it('does not take what failed before for its own cause', async () => {
    const world = new World({ approvals: noApprovals });
    world.failNext('stage', 'GateFailed', 'revision r-1 did not become ready: Memory limit of 512 MiB exceeded');
    await harness.with(world, async (start) => {
      await expectFailure(await start('deploy', deployOf(world)), 'RolledBack', 'Memory limit');
      const again = await start('deploy', deployOf(world));
      await expectFailure(again, 'OnHold', 'Memory limit');
      expect((await again.query<ChangeStatus>(queryNames.status)).diagnosis).toBeUndefined();
    });
  });
});

describe('a step that parks', () => {
  it('says likely cause and fix while it waits, and no more once a retry has passed', async () => {
    const world = new World({ approvals: noApprovals });
    world.failNext('stage', 'Denied', "Permission 'run.services.update' denied (PERMISSION_DENIED)");
    await harness.with(world, async (start) => {
      const run = await start('deploy', deployOf(world));
      expect((await untilParked(run)).diagnosis).toMatchObject([{ name: 'permission' }]);
      await decide(run, 'retry');
      await run.result();
      expect((await run.query<ChangeStatus>(queryNames.status)).diagnosis).toBeUndefined();
    });
  });
});
