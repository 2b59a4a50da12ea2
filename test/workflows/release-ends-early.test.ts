import { describe, expect, it } from 'vitest';
import { messageNames } from '../../contract/messages.ts';
import { expectFailure } from '../expect-failure.ts';
import { failureOf, until, type ChangeHandle } from './harness.ts';
import { approveStop, cancel, decide, releaseOf, statusOf, untilAsked, untilParked, untilStopWaits } from './runs.ts';
import { openHarness } from './stage.ts';
import { TrainWorld } from './train.ts';
import { commits, dataOwner, incompatible, noApprovals, owner, unseenBake } from './world.ts';

const freeStaging = () => new TrainWorld({ approvals: noApprovals });

const harness = openHarness();

describe('a release', () => {
  const childOf = (run: ChangeHandle, stop: string): ChangeHandle =>
    harness.client.workflow.getHandle(`${run.workflowId}/${stop}`);

  it('ends with the outcome of the stop that failed, and says what serves where and what to do', async () => {
    const world = freeStaging();
    await harness.with(world, async (start) => {
      const run = await start('release', releaseOf(world));
      await untilStopWaits(run, 'production');
      await run.signal(messageNames.reject, { by: owner, note: 'not on a Friday' });
      const { type, message } = await failureOf(run);
      expect(type).toBe('Rejected');
      for (const said of [
        'production: rejected by',
        'not on a Friday',
        'staging serves commit bbbbbbbbbbbb to 100 % of users (revision service-c',
        'production serves commit aaaaaaaaaaaa to 100 % of users (revision service-1)',
        './slipway release',
      ])
        expect(message).toContain(said);
      expect(await statusOf(run)).toMatchObject({
        phase: 'failed',
        stops: [{ state: 'passed' }, { state: 'failed' }],
        ending: {
          why: expect.stringMatching(/^production: rejected by .*not on a Friday$/),
          exposed: null,
          stops: [
            { environment: 'staging', serves: expect.stringContaining('commit bbbbbbbbbbbb to 100 % of users') },
            { environment: 'production', serves: expect.stringContaining('commit aaaaaaaaaaaa to 100 % of users') },
          ],
          next: [
            {
              what: 'when production may be released again',
              command: `./slipway release ${world.service} --commit ${commits.good}`,
            },
          ],
        },
      });
    });
    expect(world.production.writes).toEqual([]);
  });

  it('ends in parts, as the stop that rolled back did, with the command that lifts the hold', async () => {
    const world = new TrainWorld({ approvals: noApprovals }, { approvals: noApprovals, bake: unseenBake });
    await harness.with(world, async (start) => {
      const run = await start('release', releaseOf(world));
      await untilParked(run);
      await decide(run, 'rollback', { note: 'errors of users' });
      await expectFailure(
        run,
        'RolledBack',
        /^production: bake: rolled back by decision of .*; next: release a commit/,
      );
      const { ending } = await statusOf(run);
      const ofStop = (await statusOf(childOf(run, 'production'))).ending;
      const old = { commit: commits.old };
      expect(ending).toMatchObject({
        why: expect.stringMatching(/^production: bake: rolled back by decision of .*: errors of users; before that/),
        serves: old,
        exposed: { commit: commits.good, from: ofStop?.exposed?.from, to: ofStop?.exposed?.to },
        stops: [
          { environment: 'staging', serves: expect.stringContaining('commit bbbbbbbbbbbb to 100 % of users') },
          { environment: 'production', serves: expect.stringContaining('commit aaaaaaaaaaaa to 100 % of users') },
        ],
      });
      expect(ending?.why).not.toContain('; now: ');
      expect(ending?.next).toEqual([
        {
          what: 'release a commit that fixes it; this artifact is on hold in production',
          command: `./slipway environment show ${world.service} --environment production`,
        },
        {
          what: `production: commit ${commits.good.slice(0, 12)} is on hold here; once its fault is mended, lift that`,
          command: expect.stringMatching(`^./slipway environment lift ${world.service} --environment production `),
        },
        { what: 'production: read what happened', command: `./slipway timeline ${run.workflowId}/production` },
      ]);
      const { currentDetails } = await run.query<{ currentDetails: string }>('__temporal_workflow_metadata');
      expect(currentDetails).toContain('- serves now: staging: commit bbbbbbbbbbbb');
      expect(currentDetails).toContain('- serves now: production: commit aaaaaaaaaaaa');
      expect(currentDetails).toContain('environment lift');
    });
  });

  it('cancels its stop, which restores and frees the environment', async () => {
    const world = freeStaging();
    world.failNext('shift', 'Unknown', 'nobody knows');
    await harness.with(world, async (start) => {
      const run = await start('release', releaseOf(world));
      await untilParked(run);
      expect((await cancel(run)).type).toBe('CancelledFailure');
      expect(await statusOf(run)).toMatchObject({ phase: 'cancelled' });
      expect(await childOf(run, 'staging').query('status')).toMatchObject({ phase: 'cancelled' });
      await expect.poll(() => world.ledger.at(-1)).toMatchObject({ outcome: 'cancelled and restored' });
    });
    expect(world.methods()).toEqual(['stamp', 'stage', 'syncMigration', 'runMigration', 'restore']);
  });

  it('hands decisions on while it is being cancelled: after an incompatible migration its stop asks', async () => {
    const world = freeStaging();
    world.migrations.set(commits.good, [incompatible]);
    world.failNext('shift', 'Unknown', 'nobody knows');
    await harness.with(world, async (start) => {
      const run = await start('release', releaseOf(world));
      await untilAsked(run, 'staging: approval');
      await approveStop(run, dataOwner);
      await untilParked(run);
      await run.cancel();
      await until(run, ({ waitingFor }) => waitingFor?.what.includes('about restore') === true);
      await decide(run, 'abort', { by: dataOwner });
      await expectFailure(run, 'Aborted', /^staging: restore was given up by data-owner@example.com/);
    });
    expect(world.writes.at(-1)?.method).toBe('runMigration');
  });

  it('leaves no stop behind that goes on by itself: terminated, it cancels the one under way', async () => {
    const world = freeStaging();
    world.failNext('shift', 'Unknown', 'nobody knows');
    await harness.with(world, async (start) => {
      const run = await start('release', releaseOf(world));
      await untilParked(run);
      await run.terminate('the laptop is on fire');
      await expect(childOf(run, 'staging').result()).rejects.toMatchObject({ cause: { name: 'CancelledFailure' } });
      await expect.poll(() => world.ledger.at(-1)).toMatchObject({ outcome: 'cancelled and restored' });
    });
    expect(world.writes.at(-1)?.method).toBe('restore');
  });

  it('ends as Aborted, not as cancelled, when its stop alone was cancelled', async () => {
    const world = freeStaging();
    world.failNext('stage', 'Unknown', 'nobody knows');
    await harness.with(world, async (start) => {
      const run = await start('release', releaseOf(world));
      await untilParked(run);
      await childOf(run, 'staging').cancel();
      await expectFailure(run, 'Aborted', 'staging: its run was cancelled');
    });
  });
});
