import { describe, expect, it } from 'vitest';
import { utcMoment } from '../../contract/utc-moment.ts';
import { isoTime } from '../iso-time.ts';
import { failureOf, until } from './harness.ts';
import {
  approve,
  cancel,
  decide,
  deployOf,
  parkInStage,
  release,
  rollbackOf,
  timelineOf,
  untilAsked,
  untilInStep,
  untilParked,
  untilWaitingFor,
} from './runs.ts';
import { eventually } from '../until.ts';
import { openHarness } from './stage.ts';
import { commits, deputy, developer, noApprovals, owner, unseenBake, World } from './world.ts';

const harness = openHarness();

describe('an environment', () => {
  it('whose holder was terminated parks when the look at the target fails, looks again, then grants', async () => {
    const world = new World({ approvals: noApprovals });
    await harness.with(world, async (start) => {
      const { run, change } = await parkInStage(start, world);
      world.failNext('pendingWork', 'Denied', 'credentials were revoked');
      const next = await start('deploy', deployOf(world));
      await untilWaitingFor(next, 'queue');
      await run.terminate('by a test');
      const { waitingFor, queue } = await harness.untilEnvironment(world, ({ phase }) => phase === 'parked');
      expect(waitingFor).toMatchObject({
        kind: 'operator',
        what: expect.stringContaining('credentials were revoked'),
        who: [owner, deputy],
      });
      expect(waitingFor?.commands[0]).toContain(`--workflow-id ${harness.environment(world).workflowId} --name decide`);
      expect(queue).toHaveLength(1);
      await expect(harness.tell(world, 'decide', { action: 'retry', by: developer })).rejects.toMatchObject({
        cause: { message: expect.stringContaining('none of the roles') },
      });
      await expect(harness.tell(world, 'decide', { action: 'abort' })).rejects.toMatchObject({
        cause: { message: expect.stringContaining('possible: retry, markDone') },
      });
      const looks = world.holdNext('pendingWork');
      await harness.tell(world, 'decide', { action: 'retry' });
      expect(
        (await harness.untilEnvironment(world, (seen) => seen.waitingFor?.kind === 'platform')).waitingFor?.what,
      ).toContain('running executions');
      looks();
      await next.result();
      expect(
        (await harness.environmentStatus(world)).ledger.map(
          (entry) => `${entry.kind} ${'change' in entry && entry.change === change}`,
        ),
      ).toEqual(['unclean true', 'deploy false']);
    });
  });

  it('waits while its stored ledger cannot be read, says so, and goes on by itself', async () => {
    const world = new World();
    await harness.with(world, async (start) => {
      const run = await start('deploy', deployOf(world));
      await untilAsked(run);
      // Its plan has read the ledger; the environment does not exist yet.
      world.failNext('readLedger', 'Denied', 'the disk is gone');
      await approve(run, owner);
      await untilInStep(run, 'queue');
      const { waitingFor } = await until(
        run,
        (status) => status.waitingFor?.what.includes('the disk is gone') === true,
      );
      expect(waitingFor).toMatchObject({ kind: 'queue', what: expect.stringContaining('its stored ledger') });
      expect(await harness.environmentStatus(world)).toMatchObject({
        isOpen: false,
        waitingFor: { kind: 'platform', what: expect.stringContaining('the disk is gone') },
      });
      await run.result();
      await expect.poll(() => world.ledger.map(({ kind }) => kind)).toEqual(['deploy']);
    });
  });

  it('goes on when a person has looked instead, and keeps the evidence', async () => {
    const world = new World({ approvals: noApprovals });
    await harness.with(world, async (start) => {
      const { run } = await parkInStage(start, world);
      world.failNext('pendingWork', 'Denied', 'credentials were revoked');
      await run.terminate('by a test');
      const next = await start('deploy', deployOf(world));
      await harness.untilEnvironment(world, ({ phase }) => phase === 'parked');
      await expect(harness.tell(world, 'decide', { action: 'markDone' })).rejects.toMatchObject({
        cause: { message: expect.stringContaining('needs evidence') },
      });
      await harness.tell(world, 'decide', { action: 'markDone', evidence: 'no execution runs, traffic as before' });
      await next.result();
      expect((await harness.environmentStatus(world)).ledger[0]).toMatchObject({
        kind: 'unclean',
        serves: 'unknown',
        outcome: expect.stringContaining(`${owner} has looked: no execution runs`),
      });
    });
  });

  it('whose lock is broken refuses its former holder at once, with the reason in the ledger', async () => {
    const world = new World({ approvals: noApprovals });
    await harness.with(world, async (start) => {
      const { run, change } = await parkInStage(start, world);
      const looks = world.holdNext('pendingWork');
      await harness.tell(world, 'breakLock', { reason: 'its worker is gone' });
      await harness.untilEnvironment(world, ({ waitingFor }) => waitingFor?.what.includes('quiet') === true);
      expect(world.writes.at(-1)?.marker).toMatchObject({ step: 'take-over', fence: { number: 2 } });
      await decide(run, 'retry');
      expect((await failureOf(run)).type).toBe('Preempted');
      expect(world.writes.map(({ method }) => method)).toEqual(['stamp', 'stamp']);
      looks();
      const { ledger, number } = await harness.untilEnvironment(world, ({ holder }) => holder === null);
      expect(ledger).toEqual([
        expect.objectContaining({
          kind: 'unclean',
          change,
          number: 1,
          outcome: expect.stringContaining(`broken by ${owner}: its worker is gone`),
        }),
      ]);
      expect(number).toBe(2);
      await release(start, world);
      expect((await harness.environmentStatus(world)).number).toBe(3);
    });
  });

  it('whose lock is broken parks when nobody can say what is going on', async () => {
    const world = new World({ approvals: noApprovals });
    await harness.with(world, async (start) => {
      await parkInStage(start, world);
      world.failNext('pendingWork', 'Denied', 'credentials were revoked');
      await harness.tell(world, 'breakLock', { reason: 'its worker is gone' });
      await harness.untilEnvironment(world, ({ phase }) => phase === 'parked');
      await expect(harness.tell(world, 'breakLock', { reason: 'once more' })).rejects.toMatchObject({
        cause: { message: expect.stringContaining('being broken already') },
      });
      await harness.tell(world, 'decide', { action: 'retry' });
      await harness.untilEnvironment(world, ({ phase }) => phase === 'free');
    });
  });

  it('that was terminated under a holder: its successor has who that was in the ledger', async () => {
    const world = new World({ approvals: noApprovals });
    await harness.with(world, async (start) => {
      const { run, change } = await parkInStage(start, world);
      await harness.environment(world).terminate('by a test');
      world.failNext('pendingWork', 'Denied', 'credentials were revoked');
      const next = await start('deploy', deployOf(world));
      await until(next, ({ phase }) => phase === 'queued');
      await harness.untilEnvironment(world, ({ phase }) => phase === 'parked');
      await harness.tell(world, 'decide', { action: 'retry' });
      await next.result();
      expect((await harness.environmentStatus(world)).ledger[0]).toMatchObject({
        kind: 'unclean',
        change,
        number: 1,
        outcome: expect.stringContaining('its last write was fence'),
      });
      await decide(run, 'retry');
      expect((await failureOf(run)).type).toBe('Preempted');
      await harness.environment(world).terminate('again');
      await release(start, world);
      expect((await harness.environmentStatus(world)).ledger.map(({ kind }) => kind)).toEqual([
        'unclean',
        'deploy',
        'deploy',
      ]);
    });
  });

  it('asks the catalog who its operators are when the message arrives', async () => {
    const world = new World({ approvals: noApprovals });
    await harness.with(world, async (start) => {
      await release(start, world);
      world.entry.owners['release-owner'] = [deputy];
      await expect(harness.tell(world, 'freeze', { reason: 'stocktaking' })).rejects.toMatchObject({
        cause: { message: expect.stringContaining('none of the roles') },
      });
      expect((await harness.environmentStatus(world)).refused.last.at(-1)).toMatchObject({
        message: 'freeze',
        by: owner,
      });
      await harness.tell(world, 'freeze', { reason: 'stocktaking', by: deputy });
    });
  });

  it('that was reset to an older number catches up with its target after one lost change', async () => {
    const world = new World({ approvals: noApprovals });
    await harness.with(world, async (start) => {
      await release(start, world);
      const { events } = await harness.environment(world).fetchHistory();
      const early = events?.findLast(({ workflowTaskCompletedEventAttributes: task }) => Boolean(task))?.eventId;
      for (const _round of [2, 3, 4]) await release(start, world);
      const { workflowId, runId } = await harness.environment(world).describe();
      await harness.client.workflowService.resetWorkflowExecution({
        namespace: 'default',
        workflowExecution: { workflowId, runId },
        workflowTaskFinishEventId: early,
        reason: 'a test',
        requestId: 'a test',
      });
      expect((await failureOf(await start('deploy', deployOf(world)))).type).toBe('Preempted');
      await release(start, world);
      expect(world.writes.at(-1)?.marker.fence.number).toBe(5);
    });
  });

  it('has one entry of a change that leaves again and again', async () => {
    const world = new World({ approvals: noApprovals });
    await harness.with(world, async (start) => {
      const written = world.holdNext('appendLedger');
      const run = await start('deploy', deployOf(world));
      await run.result();
      const { raw } = await run.describe();
      const caller = { workflowId: run.workflowId, firstExecutionRunId: raw.workflowExecutionInfo?.firstRunId };
      const repeats = [1, 2].map(() =>
        harness
          .environment(world)
          .executeUpdate('leave', { args: [caller] })
          .catch(() => null),
      );
      await Promise.all(repeats);
      written();
      await expect.poll(() => world.ledger.length).toBe(1);
      expect((await harness.environmentStatus(world)).ledger).toHaveLength(1);
    });
  });

  it('does what an operator says while the ledger cannot be written, and writes it later', async () => {
    const world = new World({ approvals: noApprovals });
    await harness.with(world, async (start) => {
      await release(start, world);
      await expect.poll(() => world.ledger.length).toBe(1);
      world.failNext('appendLedger', 'Denied', 'the disk is full');
      expect(await harness.tell(world, 'freeze', { reason: 'stocktaking' })).toContain('frozen by');
      const status = await harness.untilEnvironment(world, ({ unwritten }) => unwritten !== null);
      expect(status).toMatchObject({
        phase: 'frozen',
        refused: { count: 0 },
        unwritten: { count: 1, why: 'the disk is full' },
      });
      expect(status.ledger.at(-1)).toMatchObject({ kind: 'freeze', hash: '' });
      await harness.untilEnvironment(world, ({ unwritten }) => unwritten === null);
      expect(world.ledger.at(-1)?.kind).toBe('freeze');
    });
  });

  it('that has not read its ledger yet hides no known-good state from a rollback', async () => {
    const world = new World({ approvals: noApprovals });
    await harness.with(world, async (start) => {
      await release(start, world);
      await release(start, world, { commit: commits.bad });
      await expect.poll(() => world.ledger.length).toBe(2);
      await harness.environment(world).terminate('by a test');
      world.failNext('readLedger', 'Denied', 'the disk is gone');
      const waiting = await start('deploy', deployOf(world));
      await until(waiting, (status) => status.waitingFor?.what.includes('the disk is gone') === true);
      expect(await harness.environmentStatus(world)).toMatchObject({ isOpen: false, ledger: [] });
      const { outcome } = await (await start('rollback', rollbackOf(world))).result();
      expect(outcome).toContain(`commit ${commits.good.slice(0, 12)}`);
      await waiting.result();
      await expect.poll(() => world.ledger.map(({ kind }) => kind)).toEqual(['deploy', 'deploy', 'rollback', 'deploy']);
    });
  });

  it('that does not answer keeps no run that only waits for it: it ends, and the next gets through', async () => {
    const world = new World({ approvals: noApprovals });
    await harness.with(world, async (start) => {
      const { run } = await parkInStage(start, world);
      const waiting = await start('deploy', deployOf(world));
      await untilWaitingFor(waiting, 'queue');
      world.away.add('leave');
      await cancel(waiting);
      expect((await waiting.describe()).status.name).toBe('CANCELLED');
      expect(await timelineOf(waiting)).toContainEqual(expect.stringContaining('does not hear of the end'));
      world.away.clear();
      const next = await start('deploy', deployOf(world));
      await decide(run, 'retry');
      for (const one of [run, next]) expect((await one.result()).outcome).toContain('released');
    });
  }, 40_000);

  it('that waits on opening says for what, and goes on by itself, however many runs ring for it', async () => {
    const world = new World({ approvals: noApprovals });
    await harness.with(world, async (start) => {
      world.failNext('lastWrite', 'Denied', 'credentials were revoked');
      const waiting = await start('deploy', deployOf(world));
      const status = async () => harness.environmentStatus(world).catch(() => null);
      await eventually('it waits', async () => (await status())?.waitingFor?.what.includes('credentials were revoked'));
      expect(await status()).toMatchObject({ phase: 'free', isOpen: false, waitingFor: { kind: 'platform' } });
      const caller = { workflowId: 'deploy-1', firstExecutionRunId: 'none' };
      const ring = async () => harness.environment(world).executeUpdate('join', { args: [caller] });
      const rings = Array.from({ length: 15 }, () => ring().catch((error: unknown) => error));
      // A server lets ten updates of a run wait: most of these are told to ask again, so that there is room.
      const told = await Promise.race(rings);
      expect(told).toMatchObject({ cause: { message: expect.stringContaining('still opening') } });
      await Promise.all(rings);
      await waiting.result();
    });
  });

  it('reads edited windows once for each run that joins, and leaves those in peace who wait already', async () => {
    const world = new World({ approvals: noApprovals });
    await harness.with(world, async (start) => {
      const { run } = await parkInStage(start, world);
      const second = await start('deploy', deployOf(world));
      await untilWaitingFor(second, 'queue');
      const since = new Date(Date.now() + 3_600_000).toISOString();
      const end = new Date(Date.now() + 7_200_000).toISOString();
      world.entry.settings.freezes = [{ name: 'stocktaking', reason: 'goods are counted', since, until: end }];
      const third = await start('deploy', deployOf(world));
      await untilWaitingFor(third, 'queue');
      expect((await harness.environmentStatus(world)).nextFreeze).toMatchObject({ name: 'stocktaking' });
      const lengthOf = async () => (await harness.environment(world).describe()).historyLength;
      const before = await lengthOf();
      await new Promise((resolve) => setTimeout(resolve, 700));
      expect(await lengthOf()).toBe(before);
      await decide(run, 'retry');
      for (const one of [run, second, third]) await one.result();
    });
  });

  it('has a page that says what is recorded, since when again, and what a change under way may have done', async () => {
    const world = new World({ approvals: noApprovals, bake: unseenBake });
    await harness.with(world, async (start) => {
      const page = async () =>
        (await harness.environment(world).query<{ currentDetails: string }>('__temporal_workflow_metadata'))
          .currentDetails;
      const parkInBake = async (commit: string) => {
        const run = await start('deploy', deployOf(world, { commit }));
        return { run, ...(await untilParked(run, 'bake')) };
      };
      const good = await parkInBake(commits.good);
      await decide(good.run, 'skip', { note: 'watched by hand' });
      await good.run.result();
      const bad = await parkInBake(commits.bad);
      // The change under way has the traffic already, and the ledger knows nothing of it.
      expect(world.live.serving[0]?.commit).toBe(commits.bad);
      const drift = `./slipway drift ${world.service} --environment staging`;
      const recorded = `Recorded: commit ${commits.good.slice(0, 12)} (revision `;
      expect(await page()).toContain(recorded);
      expect(await page()).toContain(
        `This is from before deploy ${bad.change}, which may have written since: \`${drift}\``,
      );
      await decide(bad.run, 'rollback');
      await failureOf(bad.run);
      const { runs } = await harness.untilEnvironment(world, ({ holder }) => holder === null);
      const after = await page();
      expect(after).toContain(recorded);
      expect(after).toContain(
        `again since ${utcMoment(runs?.again?.since ?? '')}, when change ${bad.change} was taken back`,
      );
      expect(after).not.toContain('may have written since');
      expect(after).toContain(`released, bake skipped by ${owner}: watched by hand`);
      expect(after).not.toContain('(verified)');
      expect(after).not.toMatch(isoTime);
    });
  });
});
