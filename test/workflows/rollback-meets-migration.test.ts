import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EnvironmentStatus } from '../../contract/environment.ts';
import { environmentWorkflowId } from '../../contract/ids.ts';
import type { TimelineEntry } from '../../contract/status.ts';
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

const dataOwner = 'data-owner@example.com';
const noApprovals = { required: [], rollback: [], requesterMayApprove: false, expiresAfterMinutes: 5 };
const migration = {
  directory: 'migrations',
  when: 'afterStage' as const,
  command: ['migrate'],
  args: [],
  timeoutSeconds: 1,
  settlesWithinSeconds: 1,
};

type Start = (type: string, input: unknown) => Promise<ChangeHandle>;

/**
 * A rollback that comes while a migration runs, or while nobody knows what it did: no restore by the other change,
 * one decision, one final truth.
 */
describe('a rollback', () => {
  let temporal: TestWorkflowEnvironment;
  let harness: Harness;
  beforeAll(async () => {
    logErrorsOnly();
    temporal = await startTemporal();
    harness = await createHarness(temporal);
  }, 60_000);
  afterAll(() => temporal.teardown());

  const place = ({ service }: World) => ({ service, environment: 'staging' });
  const deploying = async (start: Start, world: World, commit = commits.good) =>
    start('deploy', { ...place(world), commit, requestedBy: developer });
  const rollingBack = async (start: Start, world: World, more: object = {}) =>
    start('rollback', { ...place(world), requestedBy: owner, reason: 'errors', ...more });
  const inStep = async (run: ChangeHandle, step: string, state: string) =>
    until(run, ({ steps }) => steps.some((one) => one.name === step && one.state === state));
  const methods = (world: World, change: string) =>
    world.writes.filter(({ marker }) => marker.change === change).map(({ method }) => method);
  const environment = (world: World) =>
    harness.client.workflow.getHandle(environmentWorkflowId(world.service, 'staging'));
  /** The holder knows that a rollback waits: its environment has rung, and has answered when it was asked. */
  const asked = async (deploy: ChangeHandle): Promise<void> => {
    const lines = async () => (await deploy.query<TimelineEntry[]>('timeline')).map(({ what }) => what);
    await expect.poll(lines, { timeout: 10_000 }).toContainEqual(expect.stringContaining('wants the environment'));
  };
  const changeOf = async (run: ChangeHandle): Promise<string> => (await run.query<{ change: string }>('status')).change;

  /** The schema is the data owner's before anything is written; then the old state is back. */
  const repairedBy = async (run: ChangeHandle, world: World): Promise<void> => {
    await inStep(run, 'schema', 'parked');
    expect(methods(world, await changeOf(run))).toEqual([]);
    await run.executeUpdate('decide', {
      args: [{ action: 'markDone', by: dataOwner, evidence: 'looked at, repaired, checked' }],
    });
    await run.result();
    expect(world.live).toMatchObject({
      serving: [{ commit: commits.old }],
      job: { digest: digestOfCommit(commits.old) },
    });
  };

  it('takes over the decision about a migration that is parked as unknown', async () => {
    const world = new World({ approvals: noApprovals });
    await harness.with(world, async (start) => {
      world.failNext('runMigration', 'Unknown', 'no execution of this step is to be seen');
      const deploy = await deploying(start, world);
      await inStep(deploy, 'migrate', 'parked');
      const rollback = await rollingBack(start, world);
      expect(await failureOf(deploy)).toEqual({
        type: 'Preempted',
        message: expect.stringContaining('what migrate did is unknown (no execution of this step is to be seen)'),
      });
      expect((await inStep(rollback, 'schema', 'parked')).waitingFor).toMatchObject({
        who: [dataOwner],
        what: expect.stringContaining('nobody knows what became of migrate'),
      });
      await repairedBy(rollback, world);
    });
  });

  it('does not let the other change ask a person, when what it did turns out to be unknown', async () => {
    const world = new World({ approvals: noApprovals });
    await harness.with(world, async (start) => {
      const goOn = world.holdNext('runMigration');
      world.failNext('runMigration', 'Unknown', 'deleted while it ran');
      const deploy = await deploying(start, world);
      await inStep(deploy, 'migrate', 'running');
      const rollback = await rollingBack(start, world);
      await asked(deploy);
      goOn();
      expect(await failureOf(deploy)).toEqual({
        type: 'Preempted',
        message: expect.stringContaining('deleted while it ran'),
      });
      await repairedBy(rollback, world);
    });
  });

  it('waits for a migration that hangs at most its time limit, then takes it for unknown', async () => {
    const world = new World({ approvals: noApprovals, migration });
    await harness.with(world, async (start) => {
      world.holdNext('runMigration');
      const deploy = await deploying(start, world);
      await inStep(deploy, 'migrate', 'running');
      const rollback = await rollingBack(start, world);
      expect((await until(deploy, ({ waitingFor }) => waitingFor?.kind === 'platform')).waitingFor?.what).toContain(
        'for which a rollback waits',
      );
      expect(await failureOf(deploy)).toEqual({
        type: 'Preempted',
        message: expect.stringContaining('did not end within its time limit'),
      });
      expect(methods(world, await changeOf(deploy))).not.toContain('restore');
      await repairedBy(rollback, world);
    });
  });

  it('that comes before the migration finds nothing migrated', async () => {
    const world = new World({ approvals: noApprovals });
    await harness.with(world, async (start) => {
      const goOn = world.holdNext('syncMigration');
      const deploy = await deploying(start, world);
      await inStep(deploy, 'sync-job', 'running');
      const rollback = await rollingBack(start, world);
      await asked(deploy);
      goOn();
      expect((await failureOf(deploy)).type).toBe('Preempted');
      expect(methods(world, await changeOf(deploy))).toEqual(['stamp', 'stage', 'syncMigration']);
      await rollback.result();
      expect(world.live).toMatchObject({
        serving: [{ commit: commits.old }],
        job: { digest: digestOfCommit(commits.old) },
      });
    });
  });

  it('restores for a deploy whose migration fails meanwhile, and holds what failed', async () => {
    const world = new World({ approvals: noApprovals });
    await harness.with(world, async (start) => {
      const goOn = world.holdNext('runMigration');
      world.failNext('runMigration', 'GateFailed', 'a column is missing');
      const deploy = await deploying(start, world);
      await inStep(deploy, 'migrate', 'running');
      const rollback = await rollingBack(start, world);
      await asked(deploy);
      goOn();
      expect(await failureOf(deploy)).toEqual({
        type: 'Preempted',
        message: expect.stringContaining('a column is missing'),
      });
      await rollback.result();
      expect(world.writes.filter(({ method }) => method === 'restore').map(({ marker }) => marker.change)).toEqual([
        await changeOf(rollback),
      ]);
      expect((await environment(world).query<EnvironmentStatus>('status')).holds).toMatchObject([
        { commit: commits.good, reason: expect.stringContaining('a column is missing') },
      ]);
    });
  });

  it('takes over from the data owner who is asked about a failed incompatible migration', async () => {
    const world = new World({ approvals: noApprovals });
    world.migrations.set(commits.good, [{ name: '1_rename.sql', compatibility: 'incompatible' }]);
    await harness.with(world, async (start) => {
      world.migrationOutcomes.push('failed');
      world.logEntries = [
        { timestamp: new Date().toISOString(), severity: 'ERROR', text: 'Container called exit(1).', insertId: 'end' },
      ];
      const deploy = await deploying(start, world);
      await until(deploy, ({ waitingFor }) => waitingFor?.kind === 'approval');
      await deploy.executeUpdate('approve', { args: [{ by: dataOwner }] });
      await inStep(deploy, 'restore', 'parked');
      const rollback = await rollingBack(start, world);
      expect((await failureOf(deploy)).type).toBe('Preempted');
      await repairedBy(rollback, world);
    });
  });

  it(
    'is refused without a schema version when a deploy was given up after an incompatible ' +
      'migration, though the old code serves',
    async () => {
      const world = new World({ approvals: noApprovals });
      world.migrations.set(commits.good, [{ name: '1_rename.sql', compatibility: 'incompatible' }]);
      await harness.with(world, async (start) => {
        world.failNext('shift', 'Unknown', 'nobody knows');
        const deploy = await deploying(start, world);
        await until(deploy, ({ waitingFor }) => waitingFor?.kind === 'approval');
        await deploy.executeUpdate('approve', { args: [{ by: dataOwner }] });
        await inStep(deploy, 'shift', 'parked');
        await deploy.executeUpdate('decide', { args: [{ action: 'abort', by: dataOwner }] });
        const { change } = await deploy.query<{ change: string }>('status');
        expect((await failureOf(deploy)).type).toBe('Aborted');
        expect(await failureOf(await rollingBack(start, world, { to: 'service-1' }))).toEqual({
          type: 'InvalidInput',
          message: expect.stringContaining(change),
        });
        await repairedBy(await rollingBack(start, world, { to: 'service-1', schemaVersion: '0_before' }), world);
      });
    },
  );

  it('stops a migrate after its migration, and is given what that ran', async () => {
    const world = new World({ approvals: noApprovals });
    world.migrations.set(commits.good, [{ name: '1_rename.sql', compatibility: 'compatible' }]);
    await harness.with(world, async (start) => {
      await (await deploying(start, world)).result();
      const goOn = world.holdNext('runMigration');
      const run = await start('migrate', { ...place(world), requestedBy: developer });
      await inStep(run, 'migrate', 'running');
      const rollback = await rollingBack(start, world);
      await asked(run);
      goOn();
      expect((await failureOf(run)).type).toBe('Preempted');
      expect(methods(world, await changeOf(run))).toEqual(['stamp', 'syncMigration', 'runMigration']);
      await rollback.result();
      expect(world.live).toMatchObject({
        serving: [{ commit: commits.old }],
        job: { digest: digestOfCommit(commits.old) },
      });
      expect(
        (await environment(world).query<EnvironmentStatus>('status')).ledger.find(({ kind }) => kind === 'migrate'),
      ).toMatchObject({ migrations: ['1_rename.sql'], verified: false });
    });
  });
});

describe('migrate', () => {
  let temporal: TestWorkflowEnvironment;
  let harness: Harness;
  beforeAll(async () => {
    temporal = await startTemporal();
    harness = await createHarness(temporal);
  }, 60_000);
  afterAll(() => temporal.teardown());

  const migrating = async (start: Start, { service }: World) =>
    start('migrate', { service, environment: 'staging', requestedBy: developer });

  it('that fails before it runs leaves the job with the image of what serves', async () => {
    const world = new World({ approvals: noApprovals });
    world.live = { ...world.live, job: world.live.job && { ...world.live.job, digest: digestOfCommit(commits.bad) } };
    await harness.with(world, async (start) => {
      world.failNext('runMigration', 'BadRequest', 'the platform refuses');
      await failureOf(await migrating(start, world));
      expect(world.live.job?.digest).toBe(world.live.serving[0]?.digest);
    });
  });

  it.each([
    ['retry', null],
    ['markDone', null],
    ['abort', 'Aborted'],
  ])('parks for the data owner after an incompatible migration that failed: %s', async (action, outcome) => {
    const world = new World({ approvals: noApprovals });
    world.migrations.set(commits.old, [{ name: '1_rename.sql', compatibility: 'incompatible' }]);
    world.migrationOutcomes.push('failed');
    world.logEntries = [
      { timestamp: new Date().toISOString(), severity: 'ERROR', text: 'Container called exit(1).', insertId: 'end' },
    ];
    await harness.with(world, async (start) => {
      const run = await migrating(start, world);
      expect((await until(run, ({ phase }) => phase === 'parked')).waitingFor).toMatchObject({
        who: [dataOwner],
        what: expect.stringContaining('may have run in part'),
      });
      await run.executeUpdate('decide', { args: [{ action, by: dataOwner, evidence: 'brought to its end by hand' }] });
      if (outcome === null) expect((await run.result()).outcome).toContain('migrated');
      else expect((await failureOf(run)).type).toBe(outcome);
      const attempts = world.writes
        .filter(({ method }) => method === 'runMigration')
        .map(({ marker }) => marker.attempt);
      expect(attempts).toEqual(action === 'retry' ? [1, 2] : [1]);
    });
  });
});
