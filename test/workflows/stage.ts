import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { expect } from 'vitest';
import { openedForFile } from '../opened-for-file.ts';
import { createHarness, logErrorsOnly, startTemporal, type Harness } from './harness.ts';

/** Starts a Temporal server for the file that calls this, and stops it after the last test. */
export function openHarness(): Harness {
  let temporal: TestWorkflowEnvironment;
  return openedForFile(
    async () => {
      logErrorsOnly();
      temporal = await startTemporal();
      return createHarness(temporal);
    },
    () => temporal.teardown(),
    60_000,
  );
}

/** What an update answers that was refused, with its reason. */
export function refusedBecause(reason: string): object {
  return { cause: { type: 'Refused', message: expect.stringContaining(reason) as string } };
}
