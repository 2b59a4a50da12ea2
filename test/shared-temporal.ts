import { TestWorkflowEnvironment } from '@temporalio/testing';
import { inject } from 'vitest';
import { askHost } from './run-host.ts';

/** The Temporal server of the whole run of tests. Names are each file's own: others work beside it. */
export async function sharedTemporal(): Promise<TestWorkflowEnvironment> {
  const { address } = await askHost<{ address: string }>(inject('runHost'), '/temporal', {});
  return TestWorkflowEnvironment.createFromExistingServer({ address });
}
