import { describe, expect, it } from 'vitest';
import { createBellActivities } from '../../activities/bells.ts';
import type { LeaseAnswer, RunDescription } from '../../activities/ports/index.ts';
import { World } from '../workflows/world.ts';

const caller = { workflowId: 'deploy-1', firstExecutionRunId: '019c0000-0000-7000-8000-0123456789ab' };
const change = 'c23456789ab';
const joins = {
  change: 'c1',
  kind: 'rollback',
  ...caller,
  owner: 'ann@example.com',
  reason: '',
  commit: '',
  digest: '',
};
const leaves = { change: 'c1', entry: null };

/** The answer to a bell of a run that is described so and that says this of itself. */
async function askHolder(described: Partial<RunDescription> | null, said: Partial<LeaseAnswer> = {}) {
  const world = new World();
  const { runs, environments } = world.ports({} as never, {} as never);
  const run = { runId: 'r1', isOpen: true, type: 'deploy', taskQueue: 'slipway', ...caller, ...described };
  const answer = { service: world.service, environment: 'staging', lease: { joins: null, leaves: null }, ...said };
  const asked: string[] = [];
  const { askHolder: ask } = createBellActivities({
    environments,
    runs: {
      ...runs,
      describe: async () => (described === null ? null : run),
      leaseOf: async (_workflowId, runId) => {
        asked.push(runId);
        return answer;
      },
    },
  });
  const result = await ask({ service: world.service, environment: 'staging', taskQueue: 'slipway', caller });
  return { result, asked };
}

describe('a release that hears a bell', () => {
  it('asks the very run that it has started, and not a later one of the same workflow id', async () => {
    const { runs, environments } = new World().ports({} as never, {} as never);
    const asked: unknown[] = [];
    const statusOf = async (...run: unknown[]) => {
      asked.push(run);
      return null;
    };
    const { stopStatus } = createBellActivities({ environments, runs: { ...runs, statusOf } });
    await stopStatus({ workflowId: 'release-1/staging', runId: 'r1' });
    expect(asked).toEqual([['release-1/staging', 'r1']]);
  });
});

describe('an environment that hears a bell', () => {
  it('believes what the run answers, and kind and ids as the server describes them', async () => {
    const { result, asked } = await askHolder({}, { lease: { joins, leaves } });
    expect(result).toEqual({ joins: { ...joins, kind: 'deploy', change }, leaves: { ...leaves, change } });
    expect(asked).toEqual(['r1']);
  });

  it.each<[string, Partial<RunDescription> | null]>([
    ['is not there', null],
    ['has ended', { isOpen: false }],
    ['is another one under the same id', { firstExecutionRunId: 'another' }],
    ['is of a kind that holds nothing', { type: 'release' }],
    ['belongs to another worker', { taskQueue: 'stranger' }],
  ])('refuses a run that %s, and does not even ask it', async (_name, described) => {
    const { result, asked } = await askHolder(described);
    expect(result).toEqual({ refused: expect.stringContaining('deploy-1 ') });
    expect(asked).toEqual([]);
  });

  it.each<[string, Partial<LeaseAnswer>]>([
    ['is about another environment', { environment: 'production' }],
    ['is about another service', { service: 'another' }],
    ['does not know the question', { lease: undefined }],
    ['answers nothing', { lease: null }],
    ['answers more than was asked', { lease: { joins: null, leaves: null, grant: 7 } }],
    ['joins as nobody', { lease: { joins: { ...joins, owner: '' }, leaves: null } }],
    ['leaves with an entry that is none', { lease: { joins: null, leaves: { ...leaves, entry: { kind: 'deploy' } } } }],
  ])('refuses a run that %s', async (_name, said) => {
    expect((await askHolder({}, said)).result).toEqual({ refused: expect.stringContaining('deploy-1') });
  });
});

describe('an incident that hears of a change', () => {
  const restore = { startedAt: '2026-03-01T10:00:00Z', endedAt: '2026-03-01T10:01:00Z', succeeded: true, outcome: '' };
  const stepBack = { gate: 'bake', why: 'errors', shiftedAt: null, restore };

  /** The answer about a change that is described so and whose status says this. */
  async function askBrokenChange(described: Partial<RunDescription> | null, said: object = {}) {
    const world = new World();
    const { runs, environments } = world.ports({} as never, {} as never);
    const run = { runId: 'r1', isOpen: false, type: 'deploy', taskQueue: 'slipway', ...caller, ...described };
    const status = { service: world.service, environment: 'staging', commit: 'a', requestedBy: 'ann@example.com' };
    const { askBrokenChange: ask } = createBellActivities({
      environments,
      runs: {
        ...runs,
        describe: async () => (described === null ? null : run),
        statusOf: async () => ({ ...status, change: 'c1', stepBack, ...said }) as never,
      },
    });
    return ask({ service: world.service, environment: 'staging', taskQueue: 'slipway', caller });
  }

  it('believes what the run answers after its end, and kind and id as the server describes them', async () => {
    expect(await askBrokenChange({})).toMatchObject({ change, kind: 'deploy', by: 'ann@example.com', stepBack });
  });

  it.each<[string, Partial<RunDescription> | null, object]>([
    ['is not there', null, {}],
    ['is another one under the same id', { firstExecutionRunId: 'another' }, {}],
    ['is a rollback', { type: 'rollback' }, {}],
    ['belongs to another worker', { taskQueue: 'stranger' }, {}],
    ['is about another environment', {}, { environment: 'production' }],
    ['was not taken back', {}, { stepBack: undefined }],
    ['says something odd', {}, { stepBack: { ...stepBack, gate: 'nothing' } }],
  ])('refuses a run that %s', async (_name, described, said) => {
    expect(await askBrokenChange(described, said)).toEqual({ refused: expect.stringContaining('deploy-1') });
  });
});
