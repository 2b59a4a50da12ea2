import { randomUUID } from 'node:crypto';
import path from 'node:path';
import type { WorkflowHandle } from '@temporalio/client';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { bundleWorkflowCode, DefaultLogger, Worker, type WorkflowBundleWithSourceMap } from '@temporalio/worker';

export interface Floor {
  bundle: WorkflowBundleWithSourceMap;
  /** Runs a number of steps that do nothing. */
  run(steps: number): Promise<WorkflowHandle>;
}

/** Starts a worker with the floor alone, on the server that ours is measured on. */
export async function withFloor(
  temporal: TestWorkflowEnvironment,
  work: (floor: Floor) => Promise<void>,
): Promise<void> {
  const taskQueue = `floor-${randomUUID()}`;
  const bundle = await bundleWorkflowCode({
    workflowsPath: path.join(import.meta.dirname, 'floor.ts'),
    logger: new DefaultLogger('ERROR'),
  });
  const worker = await Worker.create({
    connection: temporal.nativeConnection,
    taskQueue,
    workflowBundle: bundle,
    activities: { nothing: async () => undefined },
  });
  const run = async (steps: number): Promise<WorkflowHandle> => {
    const handle = await temporal.client.workflow.start<(steps: number) => Promise<void>>('floor', {
      taskQueue,
      workflowId: `floor-${randomUUID()}`,
      args: [steps],
    });
    await handle.result();
    return handle;
  };
  await worker.runUntil(work({ bundle, run }));
}
