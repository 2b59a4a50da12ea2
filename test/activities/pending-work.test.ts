import { MockActivityEnvironment } from '@temporalio/testing';
import { describe, expect, it } from 'vitest';
import { createPendingWorkActivities } from '../../activities/pending-work.ts';
import { waitForEnd } from '../../activities/google/cloud-run/resources.ts';
import type { PendingActivity } from '../../activities/ports/index.ts';
import { World } from '../workflows/world.ts';

/** What a run hears of one activity of its own. */
async function heard(activity: Partial<PendingActivity>) {
  const { runs } = new World().ports({} as never, {} as never);
  const pending = { activityId: '1', attempt: 1, failure: null, heartbeat: undefined, ...activity };
  const { pendingWork } = createPendingWorkActivities({
    runs: { ...runs, pendingActivities: async () => [pending] },
  });
  const environment = new MockActivityEnvironment({ activityId: '2' });
  const question = { workflowId: 'deploy-1', runId: 'r1' };
  const found: Awaited<ReturnType<typeof pendingWork>> = await environment.run(pendingWork, question);
  return found[0];
}

describe('what a run waits for', () => {
  it.each([
    ['', 'waits for Cloud Run to finish with service shop'],
    ['Deploying Revision.', 'waits for Cloud Run to finish with service shop: Deploying Revision.'],
  ])('is said in words while the platform works, with its own where it has some: "%s"', async (message, progress) => {
    const heartbeat = waitForEnd('service shop', { state: 'CONDITION_RECONCILING', message });
    expect(await heard({ heartbeat })).toEqual({ failures: 0, failure: null, progress, waitsFor: null });
  });

  it('is said with how long yet, where the work knows that', async () => {
    expect(await heard({ heartbeat: { of: 15, secondsLeft: 12, seen: ['traffic: 4 of 5'] } })).toMatchObject({
      progress: '3 of 15 s; traffic: 4 of 5',
    });
  });

  it.each([undefined, null, 'a text', {}])('is nothing where the work has told %s', async (heartbeat) => {
    expect(await heard({ heartbeat })).toMatchObject({ progress: '' });
  });
});
