import type { TestWorkflowEnvironment } from '@temporalio/testing';
import type { WorkerOptions } from '@temporalio/worker';
import { openedForFile } from '../opened-for-file.ts';
import { createHarness, logErrorsOnly, startTemporal, type Harness } from './harness.ts';

interface HarnessOptions {
  /** Options of every worker. */
  worker?: Partial<WorkerOptions>;
  /** Dynamic configuration of the server, as `name=value`. */
  server?: readonly string[];
}

/** Starts a Temporal server for the file that calls this, and stops it after the last test. */
export function openHarness({ worker = {}, server = [] }: HarnessOptions = {}): Harness {
  let temporal: TestWorkflowEnvironment;
  return openedForFile(
    async () => {
      logErrorsOnly();
      temporal = await startTemporal(server);
      return createHarness(temporal, worker);
    },
    () => temporal.teardown(),
  );
}
