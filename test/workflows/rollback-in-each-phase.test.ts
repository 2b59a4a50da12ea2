import { describe, expect, it } from 'vitest';
import { changeEntries } from '../../contract/ledger.ts';
import { expectFailure } from '../expect-failure.ts';
import { failureOf, until, type ChangeHandle, type Start } from './harness.ts';
import { approve, deployOf, rollbackOf, statusOf, untilInStep, untilToldOfRollback, untilWaitingFor } from './runs.ts';
import { openHarness } from './stage.ts';
import { commits, digestOfCommit, noApprovals, owner, World } from './world.ts';

interface Moment {
  /** The outside call that the deploy waits in, if it is one. */
  held?: string;
  /** An earlier call, after which the next one of `held` is meant. */
  after?: { held: string; step: string };
  /** The step that it is in then. */
  step: string;
}

/** Before it holds the environment a deploy is not in the way: it comes after the rollback. */
const waiting: [phase: string, moment: Moment][] = [
  ['preflight', { held: 'commit', step: 'preflight' }],
  ['building', { held: 'build', step: 'build' }],
  ['planning', { held: 'snapshot', step: 'plan' }],
  ['waiting for approval', { step: 'approval' }],
];

const holding: [phase: string, moment: Moment][] = [
  ['the fence', { held: 'stamp', step: 'fence' }],
  ['staging', { held: 'stage', step: 'stage' }],
  ['before its migration', { held: 'syncMigration', step: 'sync-job' }],
  ['migrating', { held: 'runMigration', step: 'migrate' }],
  ['smoke of the candidate', { held: 'GET /healthz', step: 'smoke-candidate' }],
  ['shifting', { held: 'shift', step: 'shift' }],
  ['smoke of what is live', { held: 'GET /healthz', step: 'smoke-live', after: { held: 'shift', step: 'shift' } }],
  ['baking', { held: 'logs', step: 'bake' }],
  ['read-back', { held: 'readBack', step: 'read-back' }],
];

const harness = openHarness();

/**
 * Whatever a deploy is doing when a rollback comes: one final truth, parity, and no restore by the deploy (invariants
 * I2, I3, I6).
 */
describe('a rollback meets a deploy', () => {
  /** The good commit was released, and the bad one is under way to where it is held. */
  const holdDeploy = async (
    start: Start,
    world: World,
    { held, after, step }: Moment,
  ): Promise<{ deploy: ChangeHandle; goOn: () => void }> => {
    const first = await start('deploy', deployOf(world));
    if (step === 'approval') await approve(first);
    await first.result();
    const hold = (method: string | undefined) => (method === undefined ? () => undefined : world.holdNext(method));
    const earlier = hold((after ?? {}).held);
    const early = after ? null : hold(held);
    const deploy = await start('deploy', deployOf(world, { commit: commits.bad }));
    if (after) await untilInStep(deploy, after.step);
    const goOn = early ?? hold(held);
    earlier();
    await untilInStep(deploy, step);
    return { deploy, goOn };
  };

  /** One digest serves, and template and job have it. */
  const expectParity = ({ live }: World, commit: string): void => {
    const digest = digestOfCommit(commit);
    expect(live).toMatchObject({ serving: [{ digest, percent: 100 }], template: { digest }, job: { digest } });
  };

  const expectOrdered = (world: World): void => {
    const numbers = world.writes.map(({ marker }) => marker.fence.number);
    expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
  };
  const ledgerLines = async (world: World) =>
    changeEntries((await harness.environmentStatus(world)).ledger).map(
      ({ kind, verified, commit }) => `${kind} ${commit.slice(0, 1)} ${verified}`,
    );

  it.each(holding)('in %s: the deploy stops, and the rollback alone restores', async (_phase, moment) => {
    const world = new World({ approvals: noApprovals });
    await harness.with(world, async (start) => {
      const { deploy, goOn } = await holdDeploy(start, world, moment);
      const rollback = await start('rollback', rollbackOf(world));
      await untilToldOfRollback(deploy);
      goOn();
      await expectFailure(deploy, 'Preempted');
      const { change } = await rollback.result();
      expectParity(world, commits.good);
      expectOrdered(world);
      expect(world.changesThat('restore')).toEqual([change]);
      expect(world.methods()).toContain('runMigration');
      expect(await ledgerLines(world)).toEqual(['deploy b true', 'deploy c false', 'rollback b true']);
    });
  });

  it('that left while the store hangs: neither waits for it, and both are in the ledger afterwards', async () => {
    const world = new World({ approvals: noApprovals });
    await harness.with(world, async (start) => {
      await (await start('deploy', deployOf(world))).result();
      await expect.poll(() => world.ledger.length).toBe(1);
      const goOn = world.holdNext('appendLedger');
      await (await start('deploy', deployOf(world, { commit: commits.bad }))).result();
      await (await start('rollback', rollbackOf(world))).result();
      expect(world.ledger).toHaveLength(1);
      goOn();
      await expect.poll(() => world.ledger.length).toBe(3);
      expectParity(world, commits.good);
      expectOrdered(world);
      expect(await ledgerLines(world)).toEqual(['deploy b true', 'deploy c true', 'rollback b true']);
    });
  });

  it.each(waiting)(
    'in %s: the rollback goes first, and the deploy follows on what is there then',
    async (_phase, moment) => {
      const world = new World({
        approvals: {
          ...noApprovals,
          required: moment.step === 'approval' ? [{ role: 'release-owner', count: 1 }] : [],
        },
      });
      await harness.with(world, async (start) => {
        const { deploy, goOn } = await holdDeploy(start, world, moment);
        await (await start('rollback', rollbackOf(world))).result();
        expectParity(world, commits.old);
        goOn();
        if (moment.step === 'approval') {
          // What was asked for is void by now: an approval counts for the plan that is shown anew.
          await deploy.executeUpdate('approve', { args: [{ by: owner }] }).catch(() => undefined);
          await until(deploy, ({ phase, waitingFor }) => phase === 'done' || waitingFor?.kind === 'approval');
          if ((await statusOf(deploy)).outcome === null) await approve(deploy);
        }
        await deploy.result();
        expectParity(world, commits.bad);
        expectOrdered(world);
        expect(await ledgerLines(world)).toEqual(['deploy b true', 'rollback a true', 'deploy c true']);
      });
    },
  );

  it('that waits in the queue behind another: that one yields, and the queue goes on', async () => {
    const world = new World({ approvals: noApprovals });
    await harness.with(world, async (start) => {
      const { deploy, goOn } = await holdDeploy(start, world, { held: 'stage', step: 'stage' });
      const queued = await start('deploy', deployOf(world, { commit: commits.bad }));
      await untilWaitingFor(queued, 'queue');
      const rollback = await start('rollback', rollbackOf(world));
      await untilToldOfRollback(deploy);
      goOn();
      await expectFailure(deploy, 'Preempted');
      await rollback.result();
      await queued.result();
      expectParity(world, commits.bad);
      expectOrdered(world);
      expect(await ledgerLines(world)).toEqual(['deploy b true', 'deploy c false', 'rollback b true', 'deploy c true']);
    });
  });

  it('during a freeze: it passes, and what the freeze stopped is not restored twice', async () => {
    const world = new World({ approvals: noApprovals });
    await harness.with(world, async (start) => {
      const { deploy, goOn } = await holdDeploy(start, world, { held: 'shift', step: 'shift' });
      await harness.tell(world, 'freeze', { reason: 'holidays' });
      const rollback = await start('rollback', rollbackOf(world));
      await untilToldOfRollback(deploy);
      goOn();
      await failureOf(deploy);
      await rollback.result();
      expectParity(world, commits.good);
      expectOrdered(world);
    });
  });
});
