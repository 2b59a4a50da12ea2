import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createHarness, logErrorsOnly, startTemporal, type Harness } from './harness.ts';
import { TrainWorld } from './train.ts';
import { commits, developer } from './world.ts';

const nobody = { required: [], rollback: [], requesterMayApprove: false, expiresAfterMinutes: 5 };

let temporal: TestWorkflowEnvironment;
let harness: Harness;
beforeAll(async () => {
  logErrorsOnly();
  temporal = await startTemporal();
  harness = await createHarness(temporal, {
    maxConcurrentWorkflowTaskExecutions: 2,
    maxConcurrentWorkflowTaskPolls: 2,
  });
}, 60_000);
afterAll(() => temporal.teardown());

it('as many environments as a worker has slots ask their runs at once, and none waits for the other', async () => {
  const world = new TrainWorld({ approvals: nobody }, { approvals: nobody });
  await harness.with(world, async (start) => {
    const input = { service: world.service, commit: commits.good, requestedBy: developer };
    const environments = ['staging', 'production'];
    const runs = await Promise.all(environments.map((environment) => start('deploy', { ...input, environment })));
    for (const run of runs) expect((await run.result()).outcome).toContain('released');
  });
}, 20_000);
