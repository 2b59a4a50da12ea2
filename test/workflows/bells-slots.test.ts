import { expect, it } from 'vitest';
import { deployOf } from './runs.ts';
import { openHarness } from './stage.ts';
import { TrainWorld } from './train.ts';
import { noApprovals } from './world.ts';

const harness = openHarness({ worker: { maxConcurrentWorkflowTaskExecutions: 2, maxConcurrentWorkflowTaskPolls: 2 } });

it('as many environments as a worker has slots ask their runs at once, and none waits for the other', async () => {
  const world = new TrainWorld({ approvals: noApprovals }, { approvals: noApprovals });
  await harness.with(world, async (start) => {
    const environments = ['staging', 'production'];
    const runs = await Promise.all(
      environments.map((environment) => start('deploy', deployOf(world, { environment }))),
    );
    for (const run of runs) expect((await run.result()).outcome).toContain('released');
  });
}, 20_000);
