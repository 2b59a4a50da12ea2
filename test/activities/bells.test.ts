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
