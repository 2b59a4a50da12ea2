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
import { commits, developer, digestOfCommit, owner, World } from './world.ts';

const input = (world: World) => ({
  service: world.service,
  environment: 'staging',
  commit: commits.good,
  requestedBy: developer,
});
const back = (world: World) => ({
  service: world.service,
  environment: 'staging',
  requestedBy: owner,
  reason: 'errors since the release',
});
const noApprovals = { required: [], rollback: [], requesterMayApprove: false, expiresAfterMinutes: 5 };

describe('rollback', () => {
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
  const released = async (start: (type: string, input: unknown) => Promise<ChangeHandle>, world: World) =>
    (await start('deploy', input(world))).result();

  it('goes back to what served before, keeps parity, and holds what it left', async () => {
    const world = new World({ approvals: noApprovals });
    await harness.with(world, async (start) => {
      await released(start, world);
      const run = await start('rollback', back(world));
      expect((await run.result()).outcome).toContain('rolled back to service-1');
      expect(world.live.serving[0]).toMatchObject({ revision: 'service-1', digest: digestOfCommit(commits.old) });
      expect(world.live.job?.digest).toBe(digestOfCommit(commits.old));
      const { ledger, holds } = await status(world);
      expect(ledger.at(-1)).toMatchObject({ kind: 'rollback', verified: true, digest: digestOfCommit(commits.old) });
      expect(holds.map(({ digest }) => digest)).toEqual([digestOfCommit(commits.good)]);
    });
  });

  it('says that there is nothing further to go back to, instead of returning to the bad one', async () => {
    const world = new World({ approvals: noApprovals });
    await harness.with(world, async (start) => {
      await released(start, world);
      await (await start('rollback', back(world))).result();
      expect(await failureOf(await start('rollback', back(world)))).toEqual({
        type: 'InvalidInput',
        message: expect.stringContaining('no earlier state'),
      });
    });
  });

  it('goes further back each time, and never to what it left', async () => {
    const world = new World({ approvals: noApprovals });
    await harness.with(world, async (start) => {
      await released(start, world);
      await (await start('deploy', { ...input(world), commit: commits.bad })).result();
      expect((await (await start('rollback', back(world))).result()).commit).toBe(commits.good);
      expect((await (await start('rollback', back(world))).result()).commit).toBe(commits.old);
      expect((await status(world)).holds.map(({ commit }) => commit)).toEqual([commits.bad, commits.good]);
      expect(await failureOf(await start('rollback', back(world)))).toEqual({
        type: 'InvalidInput',
        message: expect.stringMatching(/no earlier state.*on hold: c{12}.*, b{12}/),
      });
    });
  });

  it('goes to a named state, and lists what is known when the name is not', async () => {
    const world = new World({ approvals: noApprovals });
    await harness.with(world, async (start) => {
      const { change } = await released(start, world);
      await (await start('deploy', { ...input(world), commit: commits.bad })).result();
      expect(await failureOf(await start('rollback', { ...back(world), to: 'nothing-known' }))).toEqual({
        type: 'InvalidInput',
        message: expect.stringContaining(change),
      });
      expect(
        (await (await start('rollback', { ...back(world), to: change, dryRun: true })).result()).outcome,
      ).toContain('nothing was changed');
      expect(world.live.serving[0]?.commit).toBe(commits.bad);
      expect((await (await start('rollback', { ...back(world), to: change })).result()).digest).toBe(
        digestOfCommit(commits.good),
      );
    });
  });

  it('to what serves already touches nothing; when the job deviates, it repairs that', async () => {
    const world = new World({ approvals: noApprovals });
    await harness.with(world, async (start) => {
      const { change } = await released(start, world);
      const before = world.writes.length;
      expect((await (await start('rollback', { ...back(world), to: change })).result()).outcome).toContain(
        'serves already',
      );
      expect(world.writes).toHaveLength(before);
      world.live = { ...world.live, job: world.live.job && { ...world.live.job, digest: digestOfCommit(commits.old) } };
      await (await start('rollback', { ...back(world), to: change })).result();
      expect(world.live.job?.digest).toBe(digestOfCommit(commits.good));
      expect((await status(world)).holds).toEqual([]);
    });
  });

  it('releases the artifact again where its revision is gone', async () => {
    const world = new World({ approvals: noApprovals });
    await harness.with(world, async (start) => {
      await released(start, world);
      world.failNext('restore', 'Missing', 'service-1 does not exist any more');
      await (await start('rollback', back(world))).result();
      expect(world.writes.slice(-4).map(({ method }) => method)).toEqual(['stamp', 'stage', 'syncMigration', 'shift']);
      expect(world.live).toMatchObject({
        serving: [{ commit: commits.old }],
        job: { digest: digestOfCommit(commits.old) },
      });
    });
  });

  it('passes a freeze', async () => {
    const world = new World({ approvals: noApprovals });
    await harness.with(world, async (start) => {
      await released(start, world);
      await environment(world).executeUpdate('freeze', { args: [{ by: owner, reason: 'holidays' }] });
      await (await start('rollback', back(world))).result();
      expect(world.live.serving[0]?.revision).toBe('service-1');
    });
  });

  it('stops a deploy at its next safe point, which hands over and does not restore', async () => {
    const world = new World({ approvals: noApprovals });
    await harness.with(world, async (start) => {
      const { change } = await released(start, world);
      world.failNext('shift', 'Unknown', 'nobody knows');
      const deploy = await start('deploy', { ...input(world), commit: commits.bad });
      await until(deploy, ({ phase }) => phase === 'parked');
      const rollback = await start('rollback', { ...back(world), to: change });
      expect(await failureOf(deploy)).toEqual({
        type: 'Preempted',
        message: expect.stringContaining('errors since the release'),
      });
      expect((await rollback.result()).digest).toBe(digestOfCommit(commits.good));
      expect(world.writes.filter(({ method }) => method === 'restore').map(({ marker }) => marker.change)).toEqual([
        (await rollback.result()).change,
      ]);
    });
  });

  it(
    'across an incompatible migration is refused before anything is touched, then done with ' + 'the data owner',
    async () => {
      const world = new World({ approvals: noApprovals });
      world.migrations.set(commits.good, [{ name: '1_rename.sql', compatibility: 'incompatible' }]);
      await harness.with(world, async (start) => {
        const deploy = await start('deploy', input(world));
        await until(deploy, ({ waitingFor }) => waitingFor?.kind === 'approval');
        await deploy.executeUpdate('approve', { args: [{ by: 'data-owner@example.com' }] });
        await deploy.result();
        const before = world.writes.length;
        expect(await failureOf(await start('rollback', back(world)))).toEqual({
          type: 'InvalidInput',
          message: expect.stringContaining('1_rename.sql'),
        });
        expect(world.writes).toHaveLength(before);
        const run = await start('rollback', { ...back(world), schemaVersion: '0_before_rename' });
        await until(run, ({ waitingFor }) => waitingFor?.kind === 'approval');
        await expect(run.executeUpdate('approve', { args: [{ by: 'deputy@example.com' }] })).rejects.toMatchObject({
          cause: { type: 'Refused' },
        });
        await run.executeUpdate('approve', { args: [{ by: 'data-owner@example.com' }] });
        await until(run, ({ phase }) => phase === 'parked');
        await expect(
          run.executeUpdate('decide', { args: [{ action: 'markDone', by: 'data-owner@example.com' }] }),
        ).rejects.toMatchObject({ cause: { message: expect.stringContaining('evidence') } });
        await run.executeUpdate('decide', {
          args: [
            { action: 'markDone', by: 'data-owner@example.com', evidence: 'renamed back, reads and writes checked' },
          ],
        });
        await run.result();
        expect(world.live.serving[0]?.revision).toBe('service-1');
      });
    },
  );
});
