import type { TestWorkflowEnvironment } from '@temporalio/testing';
import type { WorkerOptions } from '@temporalio/worker';
import { openedForFile } from '../opened-for-file.ts';
import { sharedTemporal } from '../shared-temporal.ts';
import { logErrorsOnly, startTemporal } from '../temporal-server.ts';
import { createHarness, type Harness } from './harness.ts';

interface HarnessOptions {
  /** Options of every worker. */
  worker?: Partial<WorkerOptions>;
  /** Dynamic configuration of a server of the file's own, as `name=value`. */
  server?: readonly string[];
}

/** Workers of the file that calls this, on the server of the run, or on one of its own. */
export function openHarness({ worker = {}, server }: HarnessOptions = {}): Harness {
  let temporal: TestWorkflowEnvironment;
  return openedForFile(
    async () => {
      logErrorsOnly();
      temporal = server ? await startTemporal(server) : await sharedTemporal();
      return createHarness(temporal, worker);
    },
    () => temporal.teardown(),
  );
}
