import { setTimeout as pause } from 'node:timers/promises';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { environmentWorkflowId } from '../../contract/ids.ts';
import {
  createHarness,
  logErrorsOnly,
  startTemporal,
  until,
  type ChangeHandle,
  type Harness,
} from '../workflows/harness.ts';
import { commits, developer, owner } from '../workflows/world.ts';
import { WatchedWorld } from './world.ts';

const largestPayloadBytes = 64 * 1024;
/** Longer than the interval of the heartbeats, so that several are sent. */
const longOperationMs = 2_500;
const waitMs = 2_500;

const noApproval = { required: [], rollback: [], requesterMayApprove: false, expiresAfterMinutes: 5 };
const input = ({ service }: WatchedWorld) => ({
  service,
  environment: 'staging',
  commit: commits.good,
  requestedBy: developer,
});

/**
 * What a run leaves in Temporal is part of its cost: it is paid by every replay and by everybody who reads it. The
 * size of all is measured end to end.
 */
describe('the history of a deploy', () => {
  let temporal: TestWorkflowEnvironment;
  let harness: Harness;
  beforeAll(async () => {
    logErrorsOnly();
    temporal = await startTemporal();
    harness = await createHarness(temporal);
  }, 60_000);
  afterAll(() => temporal.teardown());

  const eventsOf = async ({ workflowId }: { workflowId: string }) =>
    (await harness.client.workflow.getHandle(workflowId).fetchHistory()).events ?? [];

  it('is as long after long operations as after short ones, and no payload is large', async () => {
    const counts: number[] = [];
    for (const operationMs of [0, longOperationMs]) {
      const world = new WatchedWorld({ approvals: noApproval });
      world.operationMs = operationMs;
      await harness.with(world, async (start) => {
        const run = await start('deploy', input(world));
        await run.result();
        const events = await eventsOf(run);
        counts.push(events.length);
        expect(Math.max(...payloadSizes(events))).toBeLessThanOrEqual(largestPayloadBytes);
      });
    }
    expect(counts[1]).toBe(counts[0]);
  });

  it('does not grow while an approval is waited for, and nothing is asked of the world', async () => {
    const world = new WatchedWorld();
    await harness.with(world, async (start) => {
      const run: ChangeHandle = await start('deploy', input(world));
      await until(run, ({ waitingFor }) => waitingFor?.kind === 'approval');
      const [before, calls] = [await eventsOf(run), world.calls];
      expect(calls).toBeGreaterThan(0);
      await pause(waitMs);
      expect(await eventsOf(run)).toHaveLength(before.length);
      expect(world.calls).toBe(calls);
      const { raw } = await run.describe();
      expect(raw.pendingActivities ?? []).toEqual([]);
      // It waits outside of the queue: nobody is kept by it.
      await expect(
        harness.client.workflow.getHandle(environmentWorkflowId(world.service, 'staging')).describe(),
      ).rejects.toThrow();
      await run.executeUpdate('approve', { args: [{ by: owner }] });
      await run.result();
    });
  });
});

/** Bytes of each payload anywhere in the events. */
function payloadSizes(value: unknown): number[] {
  if (value === null || typeof value !== 'object' || value instanceof Uint8Array) return [];
  if ('data' in value && value.data instanceof Uint8Array) return [value.data.byteLength];
  return Object.values(value).flatMap(payloadSizes);
}
