import { describe, expect, it } from 'vitest';
import { queryNames } from '../../contract/messages.ts';
import type { ChangeStatus } from '../../contract/status.ts';
import type { Plan } from '../../contract/plan.ts';
import { describeChange } from '../../workflows/run/details.ts';
import { deployOf } from './runs.ts';
import { failureOf } from './harness.ts';
import { openHarness } from './stage.ts';
import { artifactOf, commits, noApprovals, World } from './world.ts';

const harness = openHarness();

describe('what goes out with a plan', () => {
  it('is in the plan and in the status, while people are asked to approve', async () => {
    const world = new World({ approvals: noApprovals });
    await harness.with(world, async (start) => {
      const run = await start('deploy', deployOf(world));
      await run.result();
      const { commits: between, difference } = await run.query<Plan>(queryNames.plan);
      expect(difference).toBe('-image: old\n+image: new');
      expect(between).toEqual({
        count: 1,
        lost: 0,
        newest: [{ commit: commits.good, subject: 'a commit', author: 'a developer' }],
      });
      const status = await run.query<ChangeStatus>(queryNames.status);
      expect(status.commits).toEqual(between);
      const details = describeChange({ ...status, outcome: null }, []);
      expect(details).toContain('Goes out: 1 commit');
      expect(details).toContain('### Changes\n```diff\n-image: old\n+image: new\n```');
    });
  });

  it.each<[string, (world: World) => unknown, string]>([
    ['a build of ours', () => undefined, 'built from commit bbbbbbbbbbbb by build build-1 of ours'],
    ['only a tag', (world) => (world.buildOfArtifact = null), 'only the tag says that this is commit bbbbbbbbbbbb'],
    [
      'nobody knows what',
      (world) => world.failNext('builtBy', 'Denied', 'no permission'),
      'it is not known what built this: no permission',
    ],
  ])('rests on %s, and says so', async (_what, arrange, expected) => {
    const world = new World({ approvals: noApprovals });
    arrange(world);
    await harness.with(world, async (start) => {
      const run = await start(
        'deploy',
        deployOf(world, { commit: undefined, image: artifactOf(commits.good).image, dryRun: true }),
      );
      await run.result();
      const { steps } = await run.query<ChangeStatus>(queryNames.status);
      expect(steps.find(({ name }) => name === 'plan')?.detail).toContain(expected);
    });
  });

  it('does not stop a release where the repository does not answer', async () => {
    const world = new World({ approvals: noApprovals });
    world.failNext('between', 'Missing', 'no such commit');
    await harness.with(world, async (start) => {
      const run = await start('deploy', deployOf(world, { dryRun: true }));
      expect(await run.result()).toMatchObject({ outcome: expect.stringContaining('planned') });
      expect((await run.query<Plan>(queryNames.plan)).commits).toBeNull();
    });
  });

  it('stops a release whose manifests the platform refuses, before anybody is asked', async () => {
    const world = new World();
    world.failNext('difference', 'BadRequest', 'StatefulSet/app: spec.x is not a field');
    await harness.with(world, async (start) => {
      const run = await start('deploy', deployOf(world));
      expect(await failureOf(run)).toMatchObject({ message: expect.stringContaining('spec.x is not a field') });
      expect(world.writes).toEqual([]);
    });
  });

  it('takes no Markdown of a commit into the details, and cuts a long list', () => {
    const newest = Array.from({ length: 20 }, (_, index) => ({
      commit: String(index).padStart(40, '0'),
      subject: index === 0 ? '`rm` **all** [x](http://x)' : 'a commit',
      author: 'a developer',
    }));
    const told = { steps: [], approvals: [], refused: { count: 0, last: [] }, outcome: null, waitingFor: null };
    const status = { ...told, change: 'c1', service: 'shop', environment: 'staging' };
    const details = describeChange(
      { ...status, phase: 'approval', commits: { count: 43, newest, lost: 2 } } as unknown as ChangeStatus,
      [],
    );
    expect(details).not.toContain('**all**');
    expect(details).toContain('and 35 more');
    expect(details).toContain('users lose 2 commits');
  });
});
