import { describe, expect, it } from 'vitest';
import { expectFailure, refused } from '../expect-failure.ts';
import type { ChangeHandle } from './harness.ts';
import {
  approve,
  cancel,
  decide,
  deployOf,
  release,
  rollbackOf,
  startAndApprove,
  statusOf,
  untilInStep,
  untilParked,
  untilWaitingFor,
} from './runs.ts';
import { openHarness } from './stage.ts';
import {
  commits,
  dataOwner,
  deputy,
  developer,
  digestOfCommit,
  incompatible,
  noApprovals,
  owner,
  World,
} from './world.ts';

const harness = openHarness();

/** A freeze that begins while a change is under way. */
describe('a freeze', () => {
  const freeze = (world: World, more = {}) => harness.tell(world, 'freeze', { reason: 'stocktaking', ...more });
  const unfreeze = (world: World) => harness.tell(world, 'unfreeze', { reason: 'counted' });
  const made = ({ writes }: World) => writes.map(({ method, marker }) => `${method} ${marker.attempt}`);

  /** A freeze begins while an approved deploy is parked in a write. */
  const meetFreeze = async (write: string, play: (world: World, run: ChangeHandle) => Promise<void>) => {
    const world = new World();
    world.failNext(write, 'Unknown', 'nobody knows');
    await harness.with(world, async (start) => {
      const run = await startAndApprove(start, world);
      await untilParked(run);
      await freeze(world);
      await play(world, run);
    });
  };

  it('makes a change take back what it staged and wait at the head of the queue, with its approvals', async () => {
    await meetFreeze('syncMigration', async (world, run) => {
      const { waitingFor } = await untilWaitingFor(run, 'freeze');
      expect(waitingFor).toMatchObject({
        what: `the end of the freeze of ${owner}: stocktaking`,
        who: [owner, deputy],
      });
      expect(waitingFor?.commands[0]).toContain('--name unfreeze');
      expect(world.live.serving[0]?.revision).toBe('service-1');
      expect(await harness.environmentStatus(world)).toMatchObject({
        phase: 'frozen',
        holder: null,
        holds: [],
        queue: [{ returning: true }],
        ledger: [
          { kind: 'freeze' },
          { kind: 'deploy', outcome: expect.stringContaining('yielded before users'), verified: false },
        ],
      });
      await expect(decide(run, 'retry')).rejects.toMatchObject(refused);
      await unfreeze(world);
      await run.result();
      expect(made(world)).toEqual([
        'stamp 1',
        'stage 1',
        'restore 1',
        'stamp 2',
        'stage 2',
        'syncMigration 2',
        'runMigration 1',
        'shift 1',
      ]);
      const fences = world.writes.map(({ marker }) => marker.fence);
      expect(fences.map(({ number }) => number)).toEqual([1, 1, 1, 2, 2, 2, 2, 2]);
      expect((await statusOf(run)).approvals).toHaveLength(1);
      const { runs, lastKnownGood } = await harness.environmentStatus(world);
      expect(runs).toMatchObject({ digest: digestOfCommit(commits.good), by: developer, certain: true });
      expect(lastKnownGood?.digest).toBe(digestOfCommit(commits.good));
      expect(
        (await harness.environmentStatus(world)).ledger.map(
          (entry) => `${entry.kind} ${'verified' in entry && entry.verified}`,
        ),
      ).toEqual(['freeze false', 'deploy false', 'unfreeze false', 'deploy true']);
    });
  });

  it('lets a migration end, and does not run it again afterwards; the job gets the image again', async () => {
    const world = new World();
    const ends = world.holdNext('runMigration');
    await harness.with(world, async (start) => {
      const run = await startAndApprove(start, world);
      await untilInStep(run, 'migrate');
      await freeze(world);
      expect((await statusOf(run)).phase).toBe('migrating');
      expect(world.methods()).not.toContain('restore');
      ends();
      await untilWaitingFor(run, 'freeze');
      expect(world.live.job?.digest).toBe(digestOfCommit(commits.old));
      await unfreeze(world);
      await run.result();
      expect(made(world)).toEqual([
        'stamp 1',
        'stage 1',
        'syncMigration 1',
        'runMigration 1',
        'restore 1',
        'stamp 2',
        'stage 2',
        'syncMigration 2',
        'shift 1',
      ]);
      expect(world.live.job?.digest).toBe(digestOfCommit(commits.good));
    });
  });

  it('asks for approvals again when something else was done meanwhile', async () => {
    await meetFreeze('syncMigration', async (world, run) => {
      await untilWaitingFor(run, 'freeze');
      world.changeByHand();
      await unfreeze(world);
      await approve(run);
      await run.result();
    });
  });

  it('ends a change as Frozen once users see its candidate: restored, and not on hold', async () => {
    await meetFreeze('shift', async (world, run) => {
      await expectFailure(run, 'Frozen', 'stocktaking');
      expect(world.live.serving[0]?.revision).toBe('service-1');
      expect(await harness.environmentStatus(world)).toMatchObject({ holder: null, holds: [], queue: [] });
    });
  });

  it.each([
    [
      'goes on when the data owner says so',
      async (_world: World, run: ChangeHandle) => void (await decide(run, 'retry', { by: dataOwner })),
    ],
    ['goes on by itself when the freeze is lifted', async (world: World) => void (await unfreeze(world))],
  ])('parks a change that cannot go back, which %s', async (_name, goOn) => {
    const world = new World();
    world.migrations.set(commits.good, [incompatible]);
    const ends = world.holdNext('runMigration');
    await harness.with(world, async (start) => {
      const run = await startAndApprove(start, world, owner, dataOwner);
      await untilInStep(run, 'migrate');
      await freeze(world);
      ends();
      const { waitingFor } = await untilParked(run);
      expect(waitingFor?.what).toContain('in spite of the freeze');
      expect(waitingFor?.who).toContain(dataOwner);
      await goOn(world, run);
      await run.result();
      expect(made(world)).toEqual(['stamp 1', 'stage 1', 'syncMigration 1', 'runMigration 1', 'shift 1']);
    });
  });

  it('and a rollback at once: the rollback wins', async () => {
    const world = new World({ approvals: noApprovals });
    await harness.with(world, async (start) => {
      await release(start, world);
      const ends = world.holdNext('runMigration');
      const deploy = await start('deploy', deployOf(world, { commit: commits.bad }));
      await untilInStep(deploy, 'migrate');
      await freeze(world);
      const rollback = await start('rollback', rollbackOf(world));
      await untilWaitingFor(rollback, 'queue');
      ends();
      await expectFailure(deploy, 'Preempted');
      await rollback.result();
      expect((await harness.environmentStatus(world)).queue).toEqual([]);
    });
  });

  it('is shown to those who wait in the queue already, and shows its end', async () => {
    const world = new World();
    world.migrations.set(commits.good, [incompatible]);
    const ends = world.holdNext('runMigration');
    await harness.with(world, async (start) => {
      const first = await startAndApprove(start, world, owner, dataOwner);
      await untilInStep(first, 'migrate');
      const second = await startAndApprove(start, world, owner, dataOwner);
      await untilWaitingFor(second, 'queue');
      await freeze(world);
      expect((await untilWaitingFor(second, 'freeze')).waitingFor?.what).toContain('1 ahead');
      await unfreeze(world);
      await untilWaitingFor(second, 'queue');
      ends();
      await first.result();
      await cancel(second);
    });
  });
});
