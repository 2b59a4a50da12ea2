import { describe, expect, it, vi } from 'vitest';
import type { RunSummary } from '../../client/api/runs.ts';
import type { SlipwayClient } from '../../client/api/slipway-client.ts';
import { resolveRun } from '../../client/requests/resolve-run.ts';

const session = { dir: undefined, environment: {} };
const run = (phase: string) => ({ workflowId: 'deploy-1', phase }) as RunSummary;

/** A list that shows another phase each time it is asked; the last one stays. */
function listOf(...phases: string[]): { slipway: SlipwayClient; asked: () => number } {
  const list = vi.fn(() => {
    const phase = phases.length > 1 ? phases.shift() : phases[0];
    return Promise.resolve(phase === undefined ? [] : [run(phase)]);
  });
  return { slipway: { list } as unknown as SlipwayClient, asked: () => list.mock.calls.length };
}

describe('the run that is meant by a service and an environment', () => {
  const choice = { given: 'shop', environment: 'production', phases: ['approval'], patienceMs: 5_000 };

  it('is waited for until it asks, and that is told once', async () => {
    const { slipway, asked } = listOf('', 'building', 'planning', 'approval');
    const onWait = vi.fn();
    expect(await resolveRun(session, slipway, { ...choice, onWait })).toBe('deploy-1');
    expect(asked()).toBe(4);
    expect(onWait.mock.calls).toEqual([['deploy-1']]);
  });

  it.each([['queued'], ['baking'], ['parked']])('is not waited for once it is %s: it asks nobody', async (phase) => {
    const { slipway, asked } = listOf(phase);
    await expect(resolveRun(session, slipway, choice)).rejects.toThrow(
      'no run of shop in production in phase approval',
    );
    expect(asked()).toBe(1);
  });

  it('is not waited for longer than patience lasts', async () => {
    const { slipway } = listOf('building');
    await expect(resolveRun(session, slipway, { ...choice, patienceMs: 600 })).rejects.toThrow('in phase approval');
  });
});
