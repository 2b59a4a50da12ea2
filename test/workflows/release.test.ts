import { describe, expect, it } from 'vitest';
import { messageNames, queryNames } from '../../contract/messages.ts';
import type { ReleasePlan } from '../../contract/release.ts';
import type { ChangeStatus, ReleaseResult } from '../../contract/status.ts';
import { expectFailure, refused } from '../expect-failure.ts';
import { failureOf, until } from './harness.ts';
import {
  approveStop,
  cancel,
  decide,
  release,
  releaseOf,
  statusOf,
  timelineOf,
  untilAsked,
  untilParked,
  untilStopWaits,
} from './runs.ts';
import { openHarness } from './stage.ts';
import { TrainWorld } from './train.ts';
import { artifactOf, commits, deputy, developer, digestOfCommit, noApprovals, owner } from './world.ts';

const freeStaging = () => new TrainWorld({ approvals: noApprovals });
const stateOf = (status: ChangeStatus, name: string) => status.steps.find((step) => step.name === name)?.state;

const harness = openHarness();

describe('release', () => {
  it('takes one build through the train, and hands an approval on to the stop that waits', async () => {
    const world = freeStaging();
    await harness.with(world, async (start) => {
      const run = await start('release', releaseOf(world));
      const waiting = await untilStopWaits(run, 'production');
      expect(waiting).toMatchObject({
        phase: 'approval',
        waitingFor: { kind: 'child', who: [owner, deputy] },
      });
      expect(waiting.waitingFor?.what).toMatch(/^production: approval of plan/);
      expect(waiting.waitingFor?.commands[0]).toContain(`--workflow-id ${run.workflowId}/production --name approve`);
      expect([
        stateOf(waiting, 'staging: ledger'),
        stateOf(waiting, 'production: approval'),
        stateOf(waiting, 'production: stage'),
      ]).toEqual(['passed', 'running', 'pending']);
      const { currentDetails } = await run.query<{ currentDetails: string }>('__temporal_workflow_metadata');
      expect(currentDetails).toContain('### Waits for production: approval of plan');
      expect(world.production.writes).toEqual([]);

      await expect(approveStop(run, developer)).rejects.toMatchObject({
        cause: { message: expect.stringContaining('production: developer@example.com') },
      });
      await run.signal(messageNames.approve, { by: 'stranger@example.com' });
      await until(run, ({ refused }) => refused.count === 2);
      expect(await approveStop(run, owner)).toContain('production: approved plan');
      const result = (await run.result()) as ReleaseResult;

      expect(result).toMatchObject({
        outcome: expect.stringContaining('to staging and production'),
        commit: commits.good,
        digest: digestOfCommit(commits.good),
      });
      expect(result.stops.map(({ environment: where, digest }) => [where, digest])).toEqual([
        ['staging', digestOfCommit(commits.good)],
        ['production', digestOfCommit(commits.good)],
      ]);
      expect(world.built).toEqual([commits.good]);
      const released = ['stamp', 'stage', 'syncMigration', 'runMigration', 'shift'];
      expect([world, world.production].map((place) => place.methods())).toEqual([released, released]);
      const done = await statusOf(run);
      const lines = await timelineOf(run);
      expect(lines.filter((line) => line.startsWith('staging: migrate: passed'))).toHaveLength(1);
      expect(done.approvals).toMatchObject([{ by: owner, role: 'release-owner', environment: 'production' }]);
      expect(done).toMatchObject({
        phase: 'done',
        waitingFor: null,
        stops: [
          { environment: 'staging', kind: 'deploy', state: 'passed' },
          { environment: 'production', kind: 'promote', state: 'passed' },
        ],
      });
      expect(done.steps.filter(({ state }) => state !== 'passed')).toMatchObject([
        { name: 'checklist: quality gates', state: 'skipped' },
        { name: 'staging: approval', state: 'skipped', detail: 'not needed' },
      ]);
      expect((await run.fetchHistory()).events?.length).toBeLessThanOrEqual(250);
    });
  });

  it('shows its way from the first moment', async () => {
    const world = freeStaging();
    await harness.with(world, async (start) => {
      const run = await start('release', releaseOf(world));
      await until(run, ({ steps }) => steps.length > 0);
      const plan = await run.query<ReleasePlan>(queryNames.plan);
      expect(plan.stops.map(({ environment: where, kind, from }) => [where, kind, from])).toEqual([
        ['staging', 'deploy', null],
        ['production', 'promote', 'staging'],
      ]);
      const names = (await statusOf(run)).steps.map(({ name }) => name);
      expect(names.indexOf('build')).toBeLessThan(names.indexOf('staging: migrate'));
      expect(names.indexOf('staging: ledger')).toBeLessThan(names.indexOf('production: stage'));
      expect(names.at(-1)).toBe('same digest');
      await cancel(run);
    });
  });

  it('lists every problem of an input and touches nothing', async () => {
    const world = freeStaging();
    await harness.with(world, async (start) => {
      const run = await start('release', { service: 'Not A Name', environment: 'staging', commit: 'main' });
      const { type, message } = await failureOf(run);
      expect(type).toBe('InvalidInput');
      for (const path of ['service:', 'commit:', 'requestedBy:', 'environment: is not a field'])
        expect(message).toContain(path);
      await expectFailure(
        await start('release', releaseOf(world, { service: 'nobody' })),
        'InvalidInput',
        'service: unknown service nobody',
      );
      const stranger = await failureOf(
        await start('release', releaseOf(world, { requestedBy: 'stranger@example.com' })),
      );
      for (const where of ['staging', 'production'])
        expect(stranger.message).toMatch(new RegExp(`requestedBy: stranger@example.com may not start .* in ${where}`));
      await expectFailure(
        await start('release', releaseOf(world, { commit: 'd'.repeat(40) })),
        'InvalidInput',
        'unknown commit',
      );
    });
    expect([...world.writes, ...world.production.writes, ...world.built]).toEqual([]);
  });

  it('promotes nothing but what it built, whatever was released to staging meanwhile', async () => {
    const world = freeStaging();
    await harness.with(world, async (start) => {
      const run = await start('release', releaseOf(world));
      await untilStopWaits(run, 'production');
      await release(start, world, { commit: commits.bad });
      await approveStop(run, owner);
      await expectFailure(run, 'Superseded', `staging now serves commit ${commits.bad.slice(0, 12)}`);
    });
    expect(world.production.writes).toEqual([]);
  });

  it('does not end as done when another digest serves at the end', async () => {
    const world = freeStaging();
    world.production.failNext('shift', 'Unknown', 'nobody knows');
    await harness.with(world, async (start) => {
      const run = await start('release', releaseOf(world));
      await untilStopWaits(run, 'production');
      await approveStop(run, owner);
      await untilParked(run);
      const { digest } = artifactOf(commits.old);
      world.live = { ...world.live, serving: world.live.serving.map((one) => ({ ...one, digest })) };
      await decide(run, 'retry');
      await expectFailure(run, 'Drifted', 'not every environment serves what was released: staging: serves sha256:aaa');
    });
  });

  it('hands a decision on to the stop that is parked', async () => {
    const world = freeStaging();
    world.failNext('stage', 'Unknown', 'nobody knows');
    await harness.with(world, async (start) => {
      const run = await start('release', releaseOf(world));
      await expect(decide(run, 'retry')).rejects.toMatchObject(refused);
      const parked = await untilAsked(run, 'staging: a decision');
      expect(parked.phase).toBe('parked');
      expect(await decide(run, 'retry')).toContain('staging: retry of stage');
      await untilStopWaits(run, 'production');
      await cancel(run);
    });
  });

  it('believes no report but that of the stop under way', async () => {
    const world = freeStaging();
    await harness.with(world, async (start) => {
      const run = await start('release', releaseOf(world));
      await untilStopWaits(run, 'production');
      const forged = {
        workflowId: `${run.workflowId}/staging`,
        change: 'c1',
        phase: 'done',
        digest: '',
        plan: '',
        steps: [],
        waitingFor: null,
      };
      await run.signal('reported', forged);
      await run.signal('reported', { ...forged, steps: 'none' });
      await run.signal('reported', { workflowId: forged.workflowId });
      const status = await until(run, ({ refused }) => refused.count === 3);
      expect(stateOf(status, 'staging: ledger')).toBe('passed');
      await cancel(run);
    });
  });
});
