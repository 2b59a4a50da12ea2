import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { approve, deployOf, untilAsked } from '../workflows/runs.ts';
import { openHarness } from '../workflows/stage.ts';
import { noApprovals } from '../workflows/world.ts';
import { WatchedWorld } from './world.ts';

const largestPayloadBytes = 64 * 1024;
/** Longer than the interval of the heartbeats, so that several are sent. */
const longOperationMs = 2_500;
const waitMs = 2_500;

const harness = openHarness();

/**
 * What a run leaves in Temporal is part of its cost: it is paid by every replay and by everybody who reads it. The
 * size of all is measured end to end.
 */
describe('the history of a deploy', () => {
  const eventsOf = async ({ workflowId }: { workflowId: string }) =>
    (await harness.client.workflow.getHandle(workflowId).fetchHistory()).events ?? [];

  it('is as long after long operations as after short ones, and no payload is large', async () => {
    const counts: number[] = [];
    for (const operationMs of [0, longOperationMs]) {
      const world = new WatchedWorld({ approvals: noApprovals });
      world.operationMs = operationMs;
      await harness.with(world, async (start) => {
        const run = await start('deploy', deployOf(world));
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
      const run = await start('deploy', deployOf(world));
      await untilAsked(run);
      const [before, calls] = [await eventsOf(run), world.calls];
      expect(calls).toBeGreaterThan(0);
      await pause(waitMs);
      expect(await eventsOf(run)).toHaveLength(before.length);
      expect(world.calls).toBe(calls);
      const { raw } = await run.describe();
      expect(raw.pendingActivities ?? []).toEqual([]);
      // It waits outside of the queue: nobody is kept by it.
      await expect(harness.environment(world).describe()).rejects.toThrow();
      await approve(run);
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
