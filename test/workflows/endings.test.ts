import { describe, expect, it } from 'vitest';
import { queryNames } from '../../contract/messages.ts';
import { expectFailure } from '../expect-failure.ts';
import { cancel, decide, deployOf, parkInStage, rollBack, statusOf, untilParked } from './runs.ts';
import { openHarness } from './stage.ts';
import { TrainWorld } from './train.ts';
import { commits, developer, digestOfCommit, failingSmoke, noApprovals, owner, unseenBake, World } from './world.ts';

const harness = openHarness();
const old = { revision: 'service-1', commit: commits.old };

describe('the end of a change, in parts', () => {
  it('says why, what serves, that users did not meet it, and how its hold is lifted', async () => {
    const world = new World({ approvals: noApprovals, smoke: failingSmoke });
    await harness.with(world, async (start) => {
      const run = await start('deploy', deployOf(world));
      await expectFailure(run, 'RolledBack', `restored: commit ${commits.old.slice(0, 12)} to 100 % of users`);
      // The list of runs shows it, with or without a worker.
      expect((await run.describe()).memo).toMatchObject({
        slipway: { phase: 'failed', outcome: expect.stringMatching(/^RolledBack: the smoke failed/) },
      });
      const { ending } = await statusOf(run);
      expect(ending).toMatchObject({ why: expect.stringMatching(/^the smoke failed/), serves: old, exposed: null });
      expect(ending?.next).toContainEqual({
        what: `commit ${commits.good.slice(0, 12)} is on hold here; once its fault is mended, lift that`,
        command: expect.stringMatching(
          `^./slipway environment lift ${world.service} .* --digest ${digestOfCommit(commits.good)} `,
        ),
      });
      const details = JSON.stringify(await run.query('__temporal_workflow_metadata'));
      expect(details).toContain(`serves now: commit ${commits.old.slice(0, 12)}`);
      expect(details).toContain('environment lift');
    });
  });

  it('says of a first release that failed that nothing serves, as before', async () => {
    const world = new World({ approvals: noApprovals, bake: unseenBake });
    world.live = { ...world.live, exists: false, serving: [], template: null };
    await harness.with(world, async (start) => {
      const run = await start('deploy', deployOf(world));
      await untilParked(run, 'bake');
      await decide(run, 'rollback');
      await expectFailure(run, 'RolledBack', 'restored: the service does not exist, as before');
      const { ending } = await statusOf(run);
      expect(ending).toMatchObject({ serves: 'unchanged', exposed: { commit: commits.good, to: expect.any(String) } });
    });
  });

  it('says from when to when users met it, in its status, the ledger and the state of the environment', async () => {
    const world = new World({ approvals: noApprovals, bake: unseenBake });
    await harness.with(world, async (start) => {
      const run = await start('deploy', deployOf(world));
      const { waitingFor } = await untilParked(run, 'bake');
      expect(waitingFor?.choices).toEqual([
        expect.objectContaining({ action: 'retry', effect: 'try bake again' }),
        expect.objectContaining({ action: 'skip', effect: expect.stringContaining('the ledger says that it was') }),
        expect.objectContaining({ action: 'abort', effect: expect.stringMatching(/^put back .*released again$/) }),
        expect.objectContaining({ action: 'rollback', effect: expect.stringMatching(/^put back .*on hold$/) }),
      ]);
      for (const { action, command } of waitingFor?.choices ?? [])
        expect(command).toMatch(new RegExp(`^./slipway decide deploy-\\S+ --action ${action} --by `));
      await decide(run, 'rollback');
      await expectFailure(run, 'RolledBack');
      const { ending } = await statusOf(run);
      const { from = '', to = '' } = ending?.exposed ?? {};
      expect(ending).toMatchObject({ serves: old, exposed: { commit: commits.good } });
      expect(Date.parse(to ?? '')).toBeGreaterThanOrEqual(Date.parse(from));
      const { ledger, runs } = await harness.environmentStatus(world);
      expect(ledger.at(-1)).toMatchObject({ kind: 'deploy', verified: false, exposed: { from, to } });
      expect(runs).toMatchObject({ ...old, again: { since: to } });
    });
  });

  it('says which gate was skipped and by whom: in its outcome, the ledger, and as the goal of a rollback', async () => {
    const world = new World({ approvals: noApprovals, bake: unseenBake });
    await harness.with(world, async (start) => {
      const run = await start('deploy', deployOf(world));
      await untilParked(run, 'bake');
      await decide(run, 'skip', { note: 'watched by hand' });
      const skipped = `bake skipped by ${owner}: watched by hand`;
      expect((await run.result()).outcome).toContain(skipped);
      const { ledger, lastKnownGood } = await harness.environmentStatus(world);
      expect(ledger.at(-1)).toMatchObject({ outcome: `released, ${skipped}`, verified: true, skipped: [skipped] });
      expect(lastKnownGood?.skipped).toEqual([skipped]);
      await rollBack(start, world, { to: commits.old.slice(0, 12) });
      await harness.tell(world, 'lift', { reason: 'it was good after all' });
      const back = await rollBack(start, world, { to: commits.good.slice(0, 12) });
      expect(back.outcome).toContain(skipped);
    });
  });

  it('says at a promotion which gate was skipped where the artifact comes from', async () => {
    const world = new TrainWorld({ approvals: noApprovals, bake: unseenBake }, { approvals: noApprovals });
    await harness.with(world, async (start) => {
      const run = await start('deploy', deployOf(world));
      await untilParked(run, 'bake');
      await decide(run, 'skip', { note: 'watched by hand' });
      await run.result();
      const { service } = world;
      const promotion = await start('promote', { service, from: 'staging', to: 'production', requestedBy: developer });
      await promotion.result();
      expect((await statusOf(promotion)).steps.find(({ name }) => name === 'preflight')?.detail).toMatch(
        new RegExp(`verified in staging, bake skipped by ${owner}: watched by hand$`),
      );
    });
  });

  it('says that nobody knows what serves, and to look, where a restore was given up', async () => {
    const world = new World({ approvals: noApprovals });
    await harness.with(world, async (start) => {
      const { run } = await parkInStage(start, world);
      world.failNext('restore', 'Denied', 'credentials were revoked');
      await decide(run, 'rollback');
      await untilParked(run, 'restore');
      await decide(run, 'abort');
      await expectFailure(run, 'RestoreFailed');
      const { ending } = await statusOf(run);
      expect(ending).toMatchObject({ serves: 'unknown', exposed: null });
      expect(ending?.next.map(({ command }) => command)).toEqual([
        expect.stringMatching(`^./slipway rollback ${world.service} --environment staging --by ${developer} --reason`),
        `./slipway drift ${world.service} --environment staging`,
        expect.stringMatching('^./slipway environment lift'),
        expect.stringMatching('^./slipway timeline deploy-'),
      ]);
    });
  });

  it('is not told of a run that never held the environment', async () => {
    const world = new World();
    await harness.with(world, async (start) => {
      const run = await start('deploy', deployOf(world));
      await cancel(run);
      expect((await run.query<{ ending?: object }>(queryNames.status)).ending).toBeUndefined();
    });
  });
});
