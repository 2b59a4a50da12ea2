import { describe, expect, it } from 'vitest';
import { createRequestActivities } from '../../activities/people/requests.ts';
import type { RunDescription } from '../../activities/ports/index.ts';
import { World } from '../workflows/world.ts';

/** Whether a run that the server describes so counts as the release that starts a stop. */
async function isRelease(
  described: Partial<RunDescription> | null,
  { status, started }: { status?: object; started?: { workflowId: string; requestedBy: string } } = {},
): Promise<boolean> {
  const ports = new World().ports({} as never, {} as never);
  const run = { runId: 'r1', firstExecutionRunId: 'r1', isOpen: true, type: 'release', taskQueue: 'slipway' };
  const runs = {
    ...ports.runs,
    describe: async () => described && { ...run, ...described },
    statusOf: async () => (status ?? null) as never,
  };
  const question = { workflowId: 'release-1', runId: 'r1', taskQueue: 'slipway', ...(started && { started }) };
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

describe('an incident that has begun a change', () => {
  const started = { workflowId: 'incident/i/mitigation-1', requestedBy: 'release-owner@example.com' };
  const mitigation = { workflowId: started.workflowId, by: 'Release-Owner@example.com', signedWith: 'SHA256:key' };
  const ask = (changes: object, described: Partial<RunDescription> = {}) =>
    isRelease(
      { type: 'incident', ...described },
      { started, status: { mitigations: [{ ...mitigation, ...changes }] } },
    );

  it('has asked for the signature of who has signed that very mitigation', async () => {
    expect(await ask({})).toBe(true);
  });

  it.each<[string, object, Partial<RunDescription>]>([
    ['nobody has signed it', { signedWith: undefined }, {}],
    ['somebody else has signed it', { by: 'developer@example.com' }, {}],
    ['it has begun another run', { workflowId: 'incident/i/mitigation-2' }, {}],
    ['it is on a task queue of its own, where anybody can run a worker', {}, { taskQueue: 'mine' }],
    ['it only says so, and is no incident', {}, { type: 'drill' }],
  ])('has not, where %s', async (_what, changes, described) => {
    expect(await ask(changes, described)).toBe(false);
  });
});
