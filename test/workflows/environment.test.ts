import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EnvironmentStatus } from '../../contract/environment.ts';
import { environmentWorkflowId } from '../../contract/ids.ts';
import {
  createHarness,
  failureOf,
  logErrorsOnly,
  startTemporal,
  until,
  type ChangeHandle,
  type Harness,
} from './harness.ts';
import { commits, developer, owner, World } from './world.ts';

const noApprovals = { required: [], rollback: [], requesterMayApprove: false, expiresAfterMinutes: 5 };
const input = (world: World) => ({
  service: world.service,
  environment: 'staging',
  commit: commits.good,
  requestedBy: developer,
});

describe('an environment', () => {
  let temporal: TestWorkflowEnvironment;
  let harness: Harness;
  beforeAll(async () => {
    logErrorsOnly();
    temporal = await startTemporal();
    harness = await createHarness(temporal);
  }, 60_000);
  afterAll(() => temporal.teardown());

  const environment = (world: World) =>
    harness.client.workflow.getHandle(environmentWorkflowId(world.service, 'staging'));
  const status = (world: World) => environment(world).query<EnvironmentStatus>('status');
  const tell = (world: World, name: string, payload: object) =>
    environment(world).executeUpdate(name, { args: [{ by: owner, ...payload }] });

  async function untilEnvironment(
    world: World,
    predicate: (status: EnvironmentStatus) => boolean,
  ): Promise<EnvironmentStatus> {
    const deadline = Date.now() + 10_000;
    for (;;) {
      const seen = await status(world);
      if (predicate(seen)) return seen;
      if (Date.now() > deadline)
        throw new Error(`the environment never was as expected: ${JSON.stringify(seen, null, 1)}`);
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
  }

  /** A deploy that holds the environment, parked in its stage. */
  async function holding(
    start: (type: string, input: unknown) => Promise<ChangeHandle>,
    world: World,
  ): Promise<{ run: ChangeHandle; change: string }> {
    world.failNext('stage', 'Unknown', 'nobody knows');
    const run = await start('deploy', input(world));
    const { change } = await until(run, ({ phase }) => phase === 'parked');
    return { run, change };
  }

  it('whose holder was terminated parks when the look at the target fails, looks again, then grants', async () => {
    const world = new World({ approvals: noApprovals });
    await harness.with(world, async (start) => {
      const { run, change } = await holding(start, world);
      world.failNext('pendingWork', 'Denied', 'credentials were revoked');
      const next = await start('deploy', input(world));
      await until(next, ({ waitingFor }) => waitingFor?.kind === 'queue');
      await run.terminate('by a test');
      const { waitingFor, queue } = await untilEnvironment(world, ({ phase }) => phase === 'parked');
      expect(waitingFor).toMatchObject({
        kind: 'operator',
        what: expect.stringContaining('credentials were revoked'),
        who: [owner, 'deputy@example.com'],
      });
      expect(waitingFor?.commands[0]).toContain(`--workflow-id ${environment(world).workflowId} --name decide`);
      expect(queue).toHaveLength(1);
      await expect(tell(world, 'decide', { action: 'retry', by: developer })).rejects.toMatchObject({
        cause: { message: expect.stringContaining('none of the roles') },
      });
      await expect(tell(world, 'decide', { action: 'abort' })).rejects.toMatchObject({
        cause: { message: expect.stringContaining('possible: retry, markDone') },
      });
      const looks = world.holdNext('pendingWork');
      await tell(world, 'decide', { action: 'retry' });
      expect(
        (await untilEnvironment(world, (seen) => seen.waitingFor?.kind === 'platform')).waitingFor?.what,
      ).toContain('running executions');
      looks();
      await next.result();
      expect(
        (await status(world)).ledger.map((entry) => `${entry.kind} ${'change' in entry && entry.change === change}`),
      ).toEqual(['unclean true', 'deploy false']);
    });
  });

  it('parks while its stored ledger cannot be read, and goes on with what it finds there', async () => {
    const world = new World({ approvals: noApprovals });
    await harness.with(world, async (start) => {
      world.failNext('readLedger', 'Denied', 'the disk is gone');
      const run = await start('deploy', input(world));
      await until(run, ({ steps }) => steps.some(({ name, state }) => name === 'queue' && state === 'running'));
      await expect
        .poll(() =>
          environment(world)
            .describe()
            .catch(() => null),
        )
        .not.toBeNull();
      const { waitingFor } = await untilEnvironment(world, ({ phase }) => phase === 'parked');
      expect(waitingFor).toMatchObject({ kind: 'operator', what: expect.stringContaining('the disk is gone') });
      await expect(tell(world, 'decide', { action: 'markDone', evidence: 'read by eye' })).rejects.toMatchObject({
        cause: { message: expect.stringContaining('possible: retry') },
      });
      await tell(world, 'decide', { action: 'retry' });
      await run.result();
      expect((await status(world)).ledger.map(({ kind }) => kind)).toEqual(['deploy']);
    });
  });

  it('goes on when a person has looked instead, and keeps the evidence', async () => {
    const world = new World({ approvals: noApprovals });
    await harness.with(world, async (start) => {
      const { run } = await holding(start, world);
      world.failNext('pendingWork', 'Denied', 'credentials were revoked');
      await run.terminate('by a test');
      await untilEnvironment(world, ({ phase }) => phase === 'parked');
      await expect(tell(world, 'decide', { action: 'markDone' })).rejects.toMatchObject({
        cause: { message: expect.stringContaining('needs evidence') },
      });
      await tell(world, 'decide', { action: 'markDone', evidence: 'no execution runs, traffic as before' });
      const { ledger } = await untilEnvironment(world, ({ holder }) => holder === null);
      expect(ledger.at(-1)).toMatchObject({
        kind: 'unclean',
        serves: 'unknown',
        outcome: expect.stringContaining(`${owner} has looked: no execution runs`),
      });
    });
  });

  it('whose lock is broken refuses its former holder at once, with the reason in the ledger', async () => {
    const world = new World({ approvals: noApprovals });
    await harness.with(world, async (start) => {
      const { run, change } = await holding(start, world);
      const looks = world.holdNext('pendingWork');
      await tell(world, 'breakLock', { reason: 'its worker is gone' });
      await untilEnvironment(world, ({ waitingFor }) => waitingFor?.what.includes('quiet') === true);
      expect(world.writes.at(-1)?.marker).toMatchObject({ step: 'take-over', fence: { number: 2 } });
      await run.executeUpdate('decide', { args: [{ action: 'retry', by: owner }] });
      expect((await failureOf(run)).type).toBe('Preempted');
      expect(world.writes.map(({ method }) => method)).toEqual(['stamp', 'stamp']);
      looks();
      const { ledger, number } = await untilEnvironment(world, ({ holder }) => holder === null);
      expect(ledger).toEqual([
        expect.objectContaining({
          kind: 'unclean',
          change,
          number: 1,
          outcome: expect.stringContaining(`broken by ${owner}: its worker is gone`),
        }),
      ]);
      expect(number).toBe(2);
      await (await start('deploy', input(world))).result();
      expect((await status(world)).number).toBe(3);
    });
  });

  it('whose lock is broken parks when nobody can say what is going on', async () => {
    const world = new World({ approvals: noApprovals });
    await harness.with(world, async (start) => {
      await holding(start, world);
      world.failNext('pendingWork', 'Denied', 'credentials were revoked');
      await tell(world, 'breakLock', { reason: 'its worker is gone' });
      await untilEnvironment(world, ({ phase }) => phase === 'parked');
      await expect(tell(world, 'breakLock', { reason: 'once more' })).rejects.toMatchObject({
        cause: { message: expect.stringContaining('being broken already') },
      });
      await tell(world, 'decide', { action: 'retry' });
      await untilEnvironment(world, ({ phase }) => phase === 'free');
    });
  });

  it('that was terminated under a holder: its successor has who that was in the ledger', async () => {
    const world = new World({ approvals: noApprovals });
    await harness.with(world, async (start) => {
      const { run, change } = await holding(start, world);
      await environment(world).terminate('by a test');
      world.failNext('pendingWork', 'Denied', 'credentials were revoked');
      const next = await start('deploy', input(world));
      await until(next, ({ phase }) => phase === 'queued');
      await untilEnvironment(world, ({ phase }) => phase === 'parked');
      await tell(world, 'decide', { action: 'retry' });
      await next.result();
      expect((await status(world)).ledger[0]).toMatchObject({
        kind: 'unclean',
        change,
        number: 1,
        outcome: expect.stringContaining('its last write was fence'),
      });
      await run.executeUpdate('decide', { args: [{ action: 'retry', by: owner }] });
      expect((await failureOf(run)).type).toBe('Preempted');
      await environment(world).terminate('again');
      await (await start('deploy', input(world))).result();
      expect((await status(world)).ledger.map(({ kind }) => kind)).toEqual(['unclean', 'deploy', 'deploy']);
    });
  });

  it('asks the catalog who its operators are when the message arrives', async () => {
    const world = new World({ approvals: noApprovals });
    await harness.with(world, async (start) => {
      await (await start('deploy', input(world))).result();
      world.entry.owners['release-owner'] = ['deputy@example.com'];
      await expect(tell(world, 'freeze', { reason: 'stocktaking' })).rejects.toMatchObject({
        cause: { message: expect.stringContaining('none of the roles') },
      });
      expect((await status(world)).refused.last.at(-1)).toMatchObject({ message: 'freeze', by: owner });
      await tell(world, 'freeze', { reason: 'stocktaking', by: 'deputy@example.com' });
    });
  });

  it('that was reset to an older number catches up with its target after one lost change', async () => {
    const world = new World({ approvals: noApprovals });
    await harness.with(world, async (start) => {
      await (await start('deploy', input(world))).result();
      const { events } = await environment(world).fetchHistory();
      const early = events?.findLast(({ workflowTaskCompletedEventAttributes: task }) => Boolean(task))?.eventId;
      for (const _round of [2, 3, 4]) await (await start('deploy', input(world))).result();
      const { workflowId, runId } = await environment(world).describe();
      await harness.client.workflowService.resetWorkflowExecution({
        namespace: 'default',
        workflowExecution: { workflowId, runId },
        workflowTaskFinishEventId: early,
        reason: 'a test',
        requestId: 'a test',
      });
      expect((await failureOf(await start('deploy', input(world)))).type).toBe('Preempted');
      await untilEnvironment(world, ({ number }) => number >= 4);
      await (await start('deploy', input(world))).result();
      expect(world.writes.at(-1)?.marker.fence.number).toBe(5);
    });
  });

  it('has one entry of a change whose leave comes again while the first is being written', async () => {
    const world = new World({ approvals: noApprovals });
    await harness.with(world, async (start) => {
      const written = world.holdNext('appendLedger');
      const run = await start('deploy', input(world));
      await until(run, ({ steps }) => steps.some(({ name, state }) => name === 'ledger' && state === 'running'));
      const { raw } = await run.describe();
      const caller = { workflowId: run.workflowId, firstExecutionRunId: raw.workflowExecutionInfo?.firstRunId };
      const repeats = [1, 2].map(() => environment(world).executeUpdate('leave', { args: [caller] }));
      await new Promise((resolve) => setTimeout(resolve, 500));
      written();
      expect(await Promise.all(repeats)).toEqual([{ number: 1 }, { number: 1 }]);
      await run.result();
      expect(world.ledger).toHaveLength(1);
    });
  });

  it('tells an operator what has happened, also where the ledger cannot be written', async () => {
    const world = new World({ approvals: noApprovals });
    await harness.with(world, async (start) => {
      await (await start('deploy', input(world))).result();
      world.failNext('appendLedger', 'Denied', 'the disk is full');
      const answer = await tell(world, 'freeze', { reason: 'stocktaking' });
      expect(answer).toContain('could not be written to the ledger');
      expect(answer).toContain('the disk is full');
      expect(await status(world)).toMatchObject({ phase: 'frozen', refused: { count: 0 } });
    });
  });

  it('that is still opening hides no known-good state from a rollback', async () => {
    const world = new World({ approvals: noApprovals });
    await harness.with(world, async (start) => {
      await (await start('deploy', input(world))).result();
      await (await start('deploy', { ...input(world), commit: commits.bad })).result();
      await environment(world).terminate('by a test');
      world.failNext('readLedger', 'Denied', 'the disk is gone');
      const waiting = await start('deploy', { ...input(world), commit: commits.bad });
      await until(waiting, ({ steps }) => steps.some(({ name, state }) => name === 'queue' && state === 'running'));
      await untilEnvironment(world, ({ phase }) => phase === 'parked');
      expect(await status(world)).toMatchObject({ isOpen: false, ledger: [] });
      const back = { service: world.service, environment: 'staging', requestedBy: owner, reason: 'errors' };
      const { outcome } = await (await start('rollback', { ...back, dryRun: true })).result();
      expect(outcome).toContain(`commit ${commits.good.slice(0, 12)}`);
      await tell(world, 'decide', { action: 'retry' });
      await waiting.result();
    });
  });

  it('reads edited windows once for each run that joins, and leaves those in peace who wait already', async () => {
    const world = new World({ approvals: noApprovals });
    await harness.with(world, async (start) => {
      const { run } = await holding(start, world);
      const second = await start('deploy', input(world));
      await until(second, ({ waitingFor }) => waitingFor?.kind === 'queue');
      const since = new Date(Date.now() + 3_600_000).toISOString();
      const end = new Date(Date.now() + 7_200_000).toISOString();
      world.entry.settings.freezes = [{ name: 'stocktaking', reason: 'goods are counted', since, until: end }];
      const third = await start('deploy', input(world));
      await until(third, ({ waitingFor }) => waitingFor?.kind === 'queue');
      expect((await status(world)).nextFreeze).toMatchObject({ name: 'stocktaking' });
      const lengthOf = async () => (await environment(world).describe()).historyLength;
      const before = await lengthOf();
      await new Promise((resolve) => setTimeout(resolve, 700));
      expect(await lengthOf()).toBe(before);
      await run.executeUpdate('decide', { args: [{ action: 'retry', by: owner }] });
      for (const one of [run, second, third]) await one.result();
    });
  });
});
