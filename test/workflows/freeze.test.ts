import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EnvironmentStatus } from '../../contract/environment.ts';
import { environmentWorkflowId } from '../../contract/ids.ts';
import type { PlannedMigration } from '../../contract/plan.ts';
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
const dataOwner = 'data-owner@example.com';
const incompatible: PlannedMigration = { name: '1_rename.sql', compatibility: 'incompatible' };

/** A freeze that begins while a change is under way. */
describe('a freeze', () => {
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
  const freeze = (world: World, more = {}) =>
    environment(world).executeUpdate('freeze', { args: [{ by: owner, reason: 'stocktaking', ...more }] });
  const unfreeze = (world: World) =>
    environment(world).executeUpdate('unfreeze', { args: [{ by: owner, reason: 'counted' }] });
  const made = ({ writes }: World) => writes.map(({ method, marker }) => `${method} ${marker.attempt}`);

  async function approved(
    start: (type: string, input: unknown) => Promise<ChangeHandle>,
    world: World,
    people = [owner],
  ): Promise<ChangeHandle> {
    const run = await start('deploy', input(world));
    await until(run, ({ waitingFor }) => waitingFor?.kind === 'approval');
    for (const by of people) await run.executeUpdate('approve', { args: [{ by }] });
    return run;
  }

  it('makes a change take back what it staged and wait at the head of the queue, with its approvals', async () => {
    const world = new World();
    world.failNext('syncMigration', 'Unknown', 'nobody knows');
    await harness.with(world, async (start) => {
      const run = await approved(start, world);
      await until(run, ({ phase }) => phase === 'parked');
      await freeze(world);
      const { waitingFor } = await until(run, (seen) => seen.waitingFor?.kind === 'freeze');
      expect(waitingFor).toMatchObject({
        what: `the end of the freeze of ${owner}: stocktaking`,
        who: [owner, 'deputy@example.com'],
      });
      expect(waitingFor?.commands[0]).toContain('--name unfreeze');
      expect(world.live.serving[0]?.revision).toBe('service-1');
      expect(await status(world)).toMatchObject({
        phase: 'frozen',
        holder: null,
        holds: [],
        queue: [{ returning: true }],
        ledger: [{ kind: 'freeze' }, { kind: 'deploy', outcome: expect.stringContaining('gave way'), verified: false }],
      });
      await expect(run.executeUpdate('decide', { args: [{ action: 'retry', by: owner }] })).rejects.toMatchObject({
        cause: { type: 'Refused' },
      });
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
      expect((await run.query<{ approvals: unknown[] }>('status')).approvals).toHaveLength(1);
      const { runs, lastKnownGood } = await status(world);
      expect(runs).toMatchObject({ digest: digestOfCommit(commits.good), by: developer, certain: true });
      expect(lastKnownGood?.digest).toBe(digestOfCommit(commits.good));
      expect(
        (await status(world)).ledger.map((entry) => `${entry.kind} ${'verified' in entry && entry.verified}`),
      ).toEqual(['freeze false', 'deploy false', 'unfreeze false', 'deploy true']);
    });
  });

  it('lets a migration end, and does not run it again afterwards; the job gets the image again', async () => {
    const world = new World();
    const ends = world.holdNext('runMigration');
    await harness.with(world, async (start) => {
      const run = await approved(start, world);
      await until(run, ({ phase }) => phase === 'migrating');
      await freeze(world);
      expect((await run.query<{ phase: string }>('status')).phase).toBe('migrating');
      expect(world.writes.map(({ method }) => method)).not.toContain('restore');
      ends();
      await until(run, (seen) => seen.waitingFor?.kind === 'freeze');
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
    const world = new World();
    world.failNext('syncMigration', 'Unknown', 'nobody knows');
    await harness.with(world, async (start) => {
      const run = await approved(start, world);
      await until(run, ({ phase }) => phase === 'parked');
      await freeze(world);
      await until(run, (seen) => seen.waitingFor?.kind === 'freeze');
      world.live = { ...world.live, traffic: [{ revision: 'service-1', percent: 100, tag: null }], key: 'by hand' };
      await unfreeze(world);
      await until(run, ({ waitingFor }) => waitingFor?.kind === 'approval');
      await run.executeUpdate('approve', { args: [{ by: owner }] });
      await run.result();
    });
  });

  it('ends a change as Frozen once users see its candidate: restored, and not on hold', async () => {
    const world = new World();
    world.failNext('shift', 'Unknown', 'nobody knows');
    await harness.with(world, async (start) => {
      const run = await approved(start, world);
      await until(run, ({ phase }) => phase === 'parked');
      await freeze(world);
      expect(await failureOf(run)).toEqual({ type: 'Frozen', message: expect.stringContaining('stocktaking') });
      expect(world.live.serving[0]?.revision).toBe('service-1');
      expect(await status(world)).toMatchObject({ holder: null, holds: [], queue: [] });
    });
  });

  it.each([
    [
      'goes on when the data owner says so',
      async (_world: World, run: ChangeHandle) =>
        void (await run.executeUpdate('decide', { args: [{ action: 'retry', by: dataOwner }] })),
    ],
    ['goes on by itself when the freeze is lifted', async (world: World) => void (await unfreeze(world))],
  ])('parks a change that cannot go back, which %s', async (_name, goOn) => {
    const world = new World();
    world.migrations.set(commits.good, [incompatible]);
    const ends = world.holdNext('runMigration');
    await harness.with(world, async (start) => {
      const run = await approved(start, world, [owner, dataOwner]);
      await until(run, ({ phase }) => phase === 'migrating');
      await freeze(world);
      ends();
      const { waitingFor } = await until(run, ({ phase }) => phase === 'parked');
      expect(waitingFor?.what).toContain('in spite of the freeze');
      expect(waitingFor?.who).toContain(dataOwner);
      await goOn(world, run);
      await run.result();
      expect(made(world)).toEqual(['stamp 1', 'stage 1', 'syncMigration 1', 'runMigration 1', 'shift 1']);
    });
  });

  it('and a rollback at once: the rollback wins', async () => {
    const world = new World({
      approvals: { required: [], rollback: [], requesterMayApprove: false, expiresAfterMinutes: 5 },
    });
    await harness.with(world, async (start) => {
      await (await start('deploy', input(world))).result();
      const ends = world.holdNext('runMigration');
      const deploy = await start('deploy', { ...input(world), commit: commits.bad });
      await until(deploy, ({ phase }) => phase === 'migrating');
      await freeze(world);
      const rollback = await start('rollback', {
        service: world.service,
        environment: 'staging',
        requestedBy: owner,
        reason: 'errors',
      });
      await until(rollback, ({ waitingFor }) => waitingFor?.kind === 'queue');
      ends();
      expect((await failureOf(deploy)).type).toBe('Preempted');
      await rollback.result();
      expect((await status(world)).queue).toEqual([]);
    });
  });

  it('that ends by itself lets a waiting change go on', async () => {
    const world = new World();
    world.failNext('stage', 'Unknown', 'nobody knows');
    await harness.with(world, async (start) => {
      const run = await approved(start, world);
      await until(run, ({ phase }) => phase === 'parked');
      await freeze(world, { until: new Date(Date.now() + 1_500).toISOString() });
      await until(run, (seen) => seen.waitingFor?.kind === 'freeze');
      await run.result();
    });
  });

  it('is known to the successor of an environment that was terminated, and so is its end', async () => {
    const world = new World();
    await harness.with(world, async (start) => {
      await (await approved(start, world)).result();
      await freeze(world, { until: '2999-01-01T00:00:00+02:00' });
      await environment(world).terminate('by a test');
      const run = await approved(start, world);
      expect((await until(run, ({ waitingFor }) => waitingFor?.kind === 'freeze')).waitingFor).toMatchObject({
        until: '2999-01-01T00:00:00+02:00',
      });
      expect(await status(world)).toMatchObject({
        phase: 'frozen',
        freeze: { by: owner, reason: 'stocktaking' },
        number: 2,
      });
      await unfreeze(world);
      await run.result();
      await environment(world).terminate('by a test');
      await (await approved(start, world)).result();
      expect(await status(world)).toMatchObject({ phase: 'free', freeze: null });
    });
  });

  const range = (fromMs: number, toMs: number) => [
    {
      name: 'stocktaking',
      reason: 'goods are counted',
      since: new Date(Date.now() + fromMs).toISOString(),
      until: new Date(Date.now() + toMs).toISOString(),
    },
  ];

  it('of the catalog begins and ends by itself, and reaches who holds the environment', async () => {
    const world = new World();
    world.failNext('syncMigration', 'Unknown', 'nobody knows');
    world.entry.settings.freezes = range(6_000, 10_000);
    await harness.with(world, async (start) => {
      const run = await approved(start, world);
      await until(run, ({ phase }) => phase === 'parked');
      expect(await status(world)).toMatchObject({ freeze: null, nextFreeze: { name: 'stocktaking' } });
      const { waitingFor } = await until(run, (seen) => seen.waitingFor?.kind === 'freeze');
      expect(waitingFor).toMatchObject({
        what: expect.stringContaining('the freeze of the catalog: stocktaking: goods are counted'),
        until: world.entry.settings.freezes?.[0]?.until,
      });
      expect(await status(world)).toMatchObject({ phase: 'frozen', freeze: { by: 'the catalog' }, nextFreeze: null });
      await run.result();
      expect(Date.now()).toBeGreaterThanOrEqual(Date.parse(world.entry.settings.freezes?.[0]?.until ?? ''));
      expect(made(world)).toContain('stage 2');
    });
  }, 40_000);

  it(
    'of the catalog is ended by a person for this one time, also for a successor of the ' +
      'environment; windows that come into the catalog count',
    async () => {
      const world = new World({
        approvals: { required: [], rollback: [], requesterMayApprove: false, expiresAfterMinutes: 5 },
      });
      await harness.with(world, async (start) => {
        await (await start('deploy', input(world))).result();
        world.entry.settings.freezes = range(-1_000, 600_000);
        const run = await start('deploy', input(world));
        await until(run, (seen) => seen.waitingFor?.kind === 'freeze');
        await freeze(world);
        expect(await unfreeze(world)).toContain('still frozen by the catalog');
        await unfreeze(world);
        await run.result();
        await environment(world).terminate('by a test');
        await (await start('deploy', input(world))).result();
        world.entry.settings.freezes = [...world.entry.settings.freezes, ...range(-1_000, 700_000)];
        const next = await start('deploy', input(world));
        await until(next, (seen) => seen.waitingFor?.kind === 'freeze');
        await next.cancel();
        await expect(next.result()).rejects.toThrow();
      });
    },
    20_000,
  );

  it('is shown to those who wait in the queue already, and shows its end', async () => {
    const world = new World();
    world.migrations.set(commits.good, [incompatible]);
    const ends = world.holdNext('runMigration');
    await harness.with(world, async (start) => {
      const first = await approved(start, world, [owner, dataOwner]);
      await until(first, ({ phase }) => phase === 'migrating');
      const second = await approved(start, world, [owner, dataOwner]);
      await until(second, ({ waitingFor }) => waitingFor?.kind === 'queue');
      await freeze(world);
      expect((await until(second, ({ waitingFor }) => waitingFor?.kind === 'freeze')).waitingFor?.what).toContain(
        '1 ahead',
      );
      await unfreeze(world);
      await until(second, ({ waitingFor }) => waitingFor?.kind === 'queue');
      ends();
      await first.result();
      await second.cancel();
      await expect(second.result()).rejects.toThrow();
    });
  });
});
