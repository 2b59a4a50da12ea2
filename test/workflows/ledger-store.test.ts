import { describe, expect, it } from 'vitest';
import { createLedgers } from '../../activities/ledger/index.ts';
import { verifyLedger } from '../../activities/ledger/verify.ts';
import type { LedgerEntry } from '../../contract/ledger.ts';
import { failureOf, until } from './harness.ts';
import { decide, deployOf, parkInStage, release, rollBack, rollbackOf, statusOf, untilParked } from './runs.ts';
import { openHarness } from './stage.ts';
import { commits, noApprovals, owner, World } from './world.ts';

const harness = openHarness();
const patient = { timeout: 20_000 };
const placeOf = ({ service }: World) => ({ service, environment: 'staging' });
const kindsOf = (ledger: readonly LedgerEntry[]) => ledger.map(({ kind }) => kind);

/** The ways in which a store can be away, as the activity meets them. */
const outages: [name: string, begin: (world: World) => () => void][] = [
  ['is full', (world) => failUntilEnded(world, 'ENOSPC: no space left on device')],
  ['is denied', (world) => failUntilEnded(world, 'storage.objects.create access to gs://audit is denied')],
  ['hangs', (world) => world.holdNext('appendLedger')],
];

/** Lets every call of the store fail until the outage is over. */
function failUntilEnded(world: World, why: string): () => void {
  const { create } = world.texts;
  world.texts.create = async () => {
    throw new Error(why);
  };
  return () => {
    world.texts.create = create.bind(world.texts);
  };
}

describe('the store of the ledger is away', () => {
  it.each(outages)(
    'and %s: releases and rollbacks go on, and the chain is whole afterwards',
    async (_name, begin) => {
      const world = new World({ approvals: noApprovals });
      await harness.with(world, async (start) => {
        await release(start, world);
        await expect.poll(() => world.ledger.length).toBe(1);
        const end = begin(world);
        await release(start, world, { commit: commits.bad });
        await rollBack(start, world);
        world.failNext('shift', 'GateFailed', 'no traffic');
        await failureOf(await start('deploy', deployOf(world, { commit: commits.old })));
        await harness.tell(world, 'freeze', { reason: 'stocktaking' });
        await harness.tell(world, 'unfreeze', { reason: 'all is counted' });
        const expected = ['deploy', 'deploy', 'rollback', 'deploy', 'freeze', 'unfreeze'];
        expect(kindsOf((await harness.environmentStatus(world)).ledger)).toEqual(expected);
        expect(world.ledger).toHaveLength(1);
        end();
        await expect.poll(() => kindsOf(world.ledger), patient).toEqual(expected);
        expect(await verifyLedger(world.texts, placeOf(world))).toMatchObject({ entries: 6, problems: [] });
      });
    },
    60_000,
  );

  it('when a lock is broken: the environment goes on, and the next one gets it', async () => {
    const world = new World({ approvals: noApprovals });
    await harness.with(world, async (start) => {
      const { run } = await parkInStage(start, world);
      const end = failUntilEnded(world, 'the disk is full');
      await harness.tell(world, 'breakLock', { reason: 'its worker is gone' });
      await harness.untilEnvironment(world, ({ holder }) => holder === null);
      await release(start, world, { commit: commits.bad });
      await run.terminate('by a test');
      end();
      await expect.poll(() => kindsOf(world.ledger), patient).toEqual(['unclean', 'deploy']);
    });
  }, 40_000);

  it('when the environment begins anew: a rollback goes on, a deploy waits, and nothing is lost', async () => {
    const world = new World({ approvals: noApprovals });
    await harness.with(world, async (start) => {
      await release(start, world);
      await release(start, world, { commit: commits.bad });
      await harness.tell(world, 'freeze', { reason: 'stocktaking' });
      await expect.poll(() => world.ledger.length).toBe(3);
      // Asked while nothing is wrong: its goal is known, and it waits for its approval no longer.
      const plans = world.holdNext('isStored');
      const rollback = await start('rollback', rollbackOf(world));
      await expect.poll(() => world.isHeld('isStored'), patient).toBe(true);
      await harness.environment(world).terminate('by a test');
      const { list } = world.texts;
      world.texts.list = async () => {
        throw new Error('the bucket is denied');
      };
      const deploy = await start('deploy', deployOf(world));
      await until(deploy, ({ waitingFor }) => waitingFor?.what.includes('the bucket is denied') === true);
      plans();
      await rollback.result();
      expect((await harness.environmentStatus(world)).waitingFor?.what).toContain('the bucket is denied');
      world.texts.list = list.bind(world.texts);
      const { freeze } = await harness.untilEnvironment(world, ({ isOpen }) => isOpen);
      expect(freeze?.reason).toBe('stocktaking');
      await harness.tell(world, 'unfreeze', { reason: 'all is counted' });
      await deploy.result();
      const expected = ['deploy', 'deploy', 'freeze', 'rollback', 'unfreeze', 'deploy'];
      await expect.poll(() => kindsOf(world.ledger), patient).toEqual(expected);
      expect((await verifyLedger(world.texts, placeOf(world))).problems).toEqual([]);
    });
  }, 60_000);
});

describe('an entry that the environment does not know', () => {
  it('is taken over before it writes its own: one chain, one freeze, the higher number', async () => {
    const world = new World({ approvals: noApprovals });
    await harness.with(world, async (start) => {
      await release(start, world);
      await expect.poll(() => world.ledger.length).toBe(1);
      // As by an environment that was terminated while it wrote, or after the point that this one was reset to.
      const { head } = await createLedgers(world.texts).summarizeLedger(placeOf(world));
      const draft = { kind: 'freeze', outcome: 'frozen', by: owner, reason: 'a move', until: null } as const;
      await createLedgers(world.texts).appendLedger(placeOf(world), head, [{ at: head.hash, number: 9, draft }]);
      await release(start, world, { commit: commits.bad });
      await expect.poll(() => kindsOf(world.ledger), patient).toEqual(['deploy', 'freeze', 'deploy']);
      const status = await harness.untilEnvironment(world, ({ freeze }) => freeze !== null);
      expect(status).toMatchObject({ number: 9, freeze: { reason: 'a move' } });
      expect((await verifyLedger(world.texts, placeOf(world))).problems).toEqual([]);
    });
  });
});

describe('a change whose lock was broken', () => {
  it('and whose gate fails then ends as preempted, not as a failed restore', async () => {
    const world = new World({ approvals: noApprovals });
    await harness.with(world, async (start) => {
      await release(start, world);
      world.failNext('readBack', 'Unknown', 'nobody knows');
      const run = await start('deploy', deployOf(world, { commit: commits.bad }));
      await untilParked(run, 'read-back');
      await harness.tell(world, 'breakLock', { reason: 'it hangs' });
      await harness.untilEnvironment(world, ({ holder }) => holder === null);
      await decide(run, 'rollback');
      expect((await failureOf(run)).type).toBe('Preempted');
      expect(world.changesThat('restore')).toEqual([]);
    });
  });

  it('and whose restore is refused says nothing of a step back: who has the environment answers for it', async () => {
    const verification = [{ name: 'again', method: 'GET' as const, path: '/again', status: [418], timeoutSeconds: 5 }];
    const world = new World({ approvals: noApprovals });
    await harness.with(world, async (start) => {
      await release(start, world);
      const { settings } = world.entry;
      world.entry = { ...world.entry, settings: { ...settings, verification } };
      const fails = world.holdNext('GET /again');
      const run = await start('deploy', deployOf(world, { commit: commits.bad }));
      await expect.poll(() => world.isHeld('GET /again'), patient).toBe(true);
      await harness.tell(world, 'breakLock', { reason: 'it hangs' });
      await harness.untilEnvironment(world, ({ holder }) => holder === null);
      fails();
      expect((await failureOf(run)).type).toBe('Preempted');
      const { stepBack, ending, steps } = await statusOf(run);
      expect(steps.find(({ name }) => name === 'restore')?.state).toBe('failed');
      expect(stepBack).toBeUndefined();
      expect(ending?.next.map(({ what }) => what).join()).not.toContain('is not back');
    });
  });

  it('while it bakes ends as preempted: no released change is missing in the ledger', async () => {
    const world = new World({ approvals: noApprovals });
    await harness.with(world, async (start) => {
      await release(start, world);
      const bakes = world.holdNext('logs');
      const run = await start('deploy', deployOf(world, { commit: commits.bad }));
      await expect.poll(() => world.isHeld('logs'), patient).toBe(true);
      await harness.tell(world, 'breakLock', { reason: 'it hangs' });
      await harness.untilEnvironment(world, ({ holder }) => holder === null);
      bakes();
      expect((await failureOf(run)).type).toBe('Preempted');
      await expect.poll(() => kindsOf(world.ledger)).toEqual(['deploy', 'unclean']);
    });
  });
});
