import type { TestWorkflowEnvironment } from '@temporalio/testing';
import type { WorkerOptions } from '@temporalio/worker';
import { expect } from 'vitest';
import { openedForFile } from '../opened-for-file.ts';
import type { OutcomeType } from '../../contract/failures.ts';
import { createHarness, failureOf, logErrorsOnly, startTemporal, type ChangeHandle, type Harness } from './harness.ts';

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
    60_000,
  );
}

/** What an update answers that was refused, with its reason. */
export function refusedBecause(reason: string): object {
  return { cause: { type: 'Refused', message: expect.stringContaining(reason) as string } };
}

/** Waits for the end of a run, which must be this failure. */
export async function expectFailure(run: ChangeHandle, type: OutcomeType, reason: string | RegExp = ''): Promise<void> {
  const message: unknown = typeof reason === 'string' ? expect.stringContaining(reason) : expect.stringMatching(reason);
  expect(await failureOf(run)).toEqual({ type, message });
}
