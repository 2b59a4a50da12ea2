import type { TestWorkflowEnvironment } from '@temporalio/testing';
import type { WorkerOptions } from '@temporalio/worker';
import { openedForFile } from '../opened-for-file.ts';
import { createHarness, logErrorsOnly, startTemporal, type Harness } from './harness.ts';

/** Starts a Temporal server for the file that calls this, and stops it after the last test. */
export function openHarness(options: Partial<WorkerOptions> = {}): Harness {
  let temporal: TestWorkflowEnvironment;
  return openedForFile(
    async () => {
      logErrorsOnly();
      temporal = await startTemporal();
      return createHarness(temporal, options);
    },
    () => temporal.teardown(),
  );
}
