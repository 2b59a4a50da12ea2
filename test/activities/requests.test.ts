import { describe, expect, it } from 'vitest';
import { createRequestActivities } from '../../activities/people/requests.ts';
import type { RunDescription } from '../../activities/ports/index.ts';
import { World } from '../workflows/world.ts';

/** Whether a run that the server describes so counts as the release that starts a stop. */
async function isRelease(described: Partial<RunDescription> | null): Promise<boolean> {
  const ports = new World().ports({} as never, {} as never);
  const run = { runId: 'r1', firstExecutionRunId: 'r1', isOpen: true, type: 'release', taskQueue: 'slipway' };
  const runs = { ...ports.runs, describe: async () => described && { ...run, ...described } };
  const question = { workflowId: 'release-1', runId: 'r1', taskQueue: 'slipway' };
  return createRequestActivities({ ...ports, runs }).isRelease(question);
}

describe('the parent of a stop', () => {
  it('counts as a release on our own task queue, where our own code has asked for its signature', async () => {
    expect(await isRelease({})).toBe(true);
  });

  it.each<[string, Partial<RunDescription> | null]>([
    ['of that type on a task queue of its own, where anybody can run a worker', { taskQueue: 'mine' }],
    ['of another type', { type: 'incident' }],
    ['that the server does not know', null],
  ])('does not count: a run %s', async (_name, described) => {
    expect(await isRelease(described)).toBe(false);
  });
});
