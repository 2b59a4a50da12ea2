import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EnvironmentStatus } from '../../contract/environment.ts';
import { environmentWorkflowId } from '../../contract/ids.ts';
import type { TimelineEntry } from '../../contract/status.ts';
import { changeEntries } from '../../contract/ledger.ts';
import {
  createHarness,
  failureOf,
  logErrorsOnly,
  startTemporal,
  until,
  type ChangeHandle,
  type Harness,
} from './harness.ts';
import { commits, developer, digestOfCommit, owner, World } from './world.ts';

const noApprovals = { required: [], rollback: [], requesterMayApprove: false, expiresAfterMinutes: 5 };

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

/**
 * Whatever a deploy is doing when a rollback comes: one final truth, parity, and no restore by the deploy (invariants
 * I2, I3, I6).
 */
describe('a rollback meets a deploy', () => {
  let temporal: TestWorkflowEnvironment;
  let harness: Harness;
  beforeAll(async () => {
    logErrorsOnly();
    temporal = await startTemporal();
    harness = await createHarness(temporal);
  }, 60_000);
  afterAll(() => temporal.teardown());

  type Start = (type: string, input: unknown) => Promise<ChangeHandle>;
  const status = (world: World) =>
    harness.client.workflow
      .getHandle(environmentWorkflowId(world.service, 'staging'))
      .query<EnvironmentStatus>('status');
  const deploying = (start: Start, { service }: World, commit: string) =>
    start('deploy', { service, environment: 'staging', commit, requestedBy: developer });
  const rollingBack = (start: Start, { service }: World) =>
    start('rollback', { service, environment: 'staging', requestedBy: owner, reason: 'errors' });
  const inStep = (run: ChangeHandle, step: string) =>
    until(run, ({ steps }) => steps.some(({ name, state }) => name === step && state === 'running'));
  const approve = async (run: ChangeHandle) => {
    await until(run, ({ waitingFor }) => waitingFor?.kind === 'approval');
    await run.executeUpdate('approve', { args: [{ by: owner }] });
  };

  /** The good commit was released, and the bad one is under way to where it is held. */
  const arrested = async (
    start: Start,
    world: World,
    { held, after, step }: Moment,
  ): Promise<{ deploy: ChangeHandle; goOn: () => void }> => {
    const first = await deploying(start, world, commits.good);
    if (step === 'approval') await approve(first);
    await first.result();
    const hold = (method: string | undefined) => (method === undefined ? () => undefined : world.holdNext(method));
    const earlier = hold((after ?? {}).held);
    const early = after ? null : hold(held);
    const deploy = await deploying(start, world, commits.bad);
    if (after) await inStep(deploy, after.step);
    const goOn = early ?? hold(held);
    earlier();
    await inStep(deploy, step);
    return { deploy, goOn };
  };
  /** The holder knows that a rollback waits: its environment has rung, and has answered when it was asked. */
  const isAsked = async (deploy: ChangeHandle): Promise<void> => {
    const lines = async () => (await deploy.query<TimelineEntry[]>('timeline')).map(({ what }) => what);
    await expect.poll(lines, { timeout: 10_000 }).toContainEqual(expect.stringContaining('wants the environment'));
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
  const told = async (world: World) =>
    changeEntries((await status(world)).ledger).map(
      ({ kind, verified, commit }) => `${kind} ${commit.slice(0, 1)} ${verified}`,
    );

  it.each(holding)('in %s: the deploy stops, and the rollback alone restores', async (_phase, moment) => {
    const world = new World({ approvals: noApprovals });
    await harness.with(world, async (start) => {
      const { deploy, goOn } = await arrested(start, world, moment);
      const rollback = await rollingBack(start, world);
      await isAsked(deploy);
      goOn();
      expect((await failureOf(deploy)).type).toBe('Preempted');
      const { change } = await rollback.result();
      expectParity(world, commits.good);
      expectOrdered(world);
      expect(world.writes.filter(({ method }) => method === 'restore').map(({ marker }) => marker.change)).toEqual([
        change,
      ]);
      expect(world.writes.some(({ method }) => method === 'runMigration')).toBe(true);
      expect(await told(world)).toEqual(['deploy b true', 'deploy c false', 'rollback b true']);
    });
  });

  it('that leaves already: it is let go, and taken back after it', async () => {
    const world = new World({ approvals: noApprovals });
    await harness.with(world, async (start) => {
      const { deploy, goOn } = await arrested(start, world, { held: 'appendLedger', step: 'ledger' });
      const rollback = await rollingBack(start, world);
      await isAsked(deploy);
      goOn();
      await deploy.result();
      await rollback.result();
      expectParity(world, commits.good);
      expectOrdered(world);
      expect(await told(world)).toEqual(['deploy b true', 'deploy c true', 'rollback b true']);
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
        const { deploy, goOn } = await arrested(start, world, moment);
        await (await rollingBack(start, world)).result();
        expectParity(world, commits.old);
        goOn();
        if (moment.step === 'approval') {
          // What was asked for is void by now: an approval counts for the plan that is shown anew.
          await deploy.executeUpdate('approve', { args: [{ by: owner }] }).catch(() => undefined);
          await until(deploy, ({ phase, waitingFor }) => phase === 'done' || waitingFor?.kind === 'approval');
          if ((await deploy.query<{ outcome: string | null }>('status')).outcome === null) await approve(deploy);
        }
        await deploy.result();
        expectParity(world, commits.bad);
        expectOrdered(world);
        expect(await told(world)).toEqual(['deploy b true', 'rollback a true', 'deploy c true']);
      });
    },
  );

  it('that waits in the queue behind another: that one yields, and the queue goes on', async () => {
    const world = new World({ approvals: noApprovals });
    await harness.with(world, async (start) => {
      const { deploy, goOn } = await arrested(start, world, { held: 'stage', step: 'stage' });
      const queued = await deploying(start, world, commits.bad);
      await until(queued, ({ waitingFor }) => waitingFor?.kind === 'queue');
      const rollback = await rollingBack(start, world);
      await isAsked(deploy);
      goOn();
      expect((await failureOf(deploy)).type).toBe('Preempted');
      await rollback.result();
      await queued.result();
      expectParity(world, commits.bad);
      expectOrdered(world);
      expect(await told(world)).toEqual(['deploy b true', 'deploy c false', 'rollback b true', 'deploy c true']);
    });
  });

  it('during a freeze: it passes, and what the freeze stopped is not restored twice', async () => {
    const world = new World({ approvals: noApprovals });
    await harness.with(world, async (start) => {
      const { deploy, goOn } = await arrested(start, world, { held: 'shift', step: 'shift' });
      await harness.client.workflow
        .getHandle(environmentWorkflowId(world.service, 'staging'))
        .executeUpdate('freeze', { args: [{ by: owner, reason: 'holidays' }] });
      const rollback = await rollingBack(start, world);
      await isAsked(deploy);
      goOn();
      await failureOf(deploy);
      await rollback.result();
      expectParity(world, commits.good);
      expectOrdered(world);
    });
  });
});
