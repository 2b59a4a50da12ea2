import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { messageNames, queryNames } from '../../contract/messages.ts';
import type { ReleasePlan } from '../../contract/release.ts';
import type { ChangeStatus, ReleaseResult, TimelineEntry } from '../../contract/status.ts';
import {
  createHarness,
  failureOf,
  logErrorsOnly,
  startTemporal,
  until,
  type ChangeHandle,
  type Harness,
} from './harness.ts';
import { TrainWorld } from './train.ts';
import { artifactOf, commits, developer, digestOfCommit, owner } from './world.ts';

const nobody = { required: [], rollback: [], requesterMayApprove: false, expiresAfterMinutes: 5 };
const input = (world: TrainWorld) => ({
  service: world.service,
  commit: commits.good,
  requestedBy: developer,
  reason: 'release 12',
});
const freeStaging = () => new TrainWorld({ approvals: nobody });
const productionWaits = ({ waitingFor }: ChangeStatus) => waitingFor?.child?.endsWith('/production') === true;
const stateOf = (status: ChangeStatus, name: string) => status.steps.find((step) => step.name === name)?.state;

describe('release', () => {
  let environment: TestWorkflowEnvironment;
  let harness: Harness;
  beforeAll(async () => {
    logErrorsOnly();
    environment = await startTemporal();
    harness = await createHarness(environment);
  }, 60_000);
  afterAll(() => environment.teardown());

  const childOf = (run: ChangeHandle, stop: string): ChangeHandle =>
    harness.client.workflow.getHandle(`${run.workflowId}/${stop}`);

  it(
    'takes one build through the train in its order, and an approval sent to it reaches the ' + 'stop that waits',
    async () => {
      const world = freeStaging();
      await harness.with(world, async (start) => {
        const run = await start('release', input(world));
        const waiting = await until(run, productionWaits);
        expect(waiting).toMatchObject({
          phase: 'approval',
          waitingFor: { kind: 'child', who: [owner, 'deputy@example.com'] },
        });
        expect(waiting.waitingFor?.what).toMatch(/^production: approval of plan/);
        expect(waiting.waitingFor?.commands[0]).toContain(`--workflow-id ${run.workflowId}/production --name approve`);
        expect([
          stateOf(waiting, 'staging: ledger'),
          stateOf(waiting, 'production: approval'),
          stateOf(waiting, 'production: stage'),
        ]).toEqual(['passed', 'running', 'pending']);
        const { currentDetails } = await run.query<{ currentDetails: string }>('__temporal_workflow_metadata');
        expect(currentDetails).toContain('### Waits for production: approval of plan');
        expect(world.production.writes).toEqual([]);

        await expect(run.executeUpdate(messageNames.approve, { args: [{ by: developer }] })).rejects.toMatchObject({
          cause: { message: expect.stringContaining('production: developer@example.com') },
        });
        await run.signal(messageNames.approve, { by: 'stranger@example.com' });
        await until(run, ({ refused }) => refused.count === 2);
        expect(await run.executeUpdate(messageNames.approve, { args: [{ by: owner }] })).toContain(
          'production: approved plan',
        );
        const result = (await run.result()) as ReleaseResult;

        expect(result).toMatchObject({
          outcome: expect.stringContaining('to staging and production'),
          commit: commits.good,
          digest: digestOfCommit(commits.good),
        });
        expect(result.stops.map(({ environment: where, digest }) => [where, digest])).toEqual([
          ['staging', digestOfCommit(commits.good)],
          ['production', digestOfCommit(commits.good)],
        ]);
        expect(world.built).toEqual([commits.good]);
        const released = ['stamp', 'stage', 'syncMigration', 'runMigration', 'shift'];
        expect([world.writes, world.production.writes].map((writes) => writes.map(({ method }) => method))).toEqual([
          released,
          released,
        ]);
        const done = await run.query<ChangeStatus>(queryNames.status);
        const lines = (await run.query<TimelineEntry[]>(queryNames.timeline)).map(({ what }) => what);
        expect(lines.filter((line) => line.startsWith('staging: migrate: passed'))).toHaveLength(1);
        expect(done.approvals).toMatchObject([{ by: owner, role: 'release-owner', environment: 'production' }]);
        expect(done).toMatchObject({
          phase: 'done',
          waitingFor: null,
          stops: [
            { environment: 'staging', kind: 'deploy', state: 'passed' },
            { environment: 'production', kind: 'promote', state: 'passed' },
          ],
        });
        expect(done.steps.filter(({ state }) => state !== 'passed')).toMatchObject([
          { name: 'checklist: quality gates', state: 'skipped' },
          { name: 'staging: approval', state: 'skipped', detail: 'not needed' },
        ]);
        expect((await run.fetchHistory()).events?.length).toBeLessThanOrEqual(250);
      });
    },
  );

  it('shows its way from the first moment', async () => {
    const world = freeStaging();
    await harness.with(world, async (start) => {
      const run = await start('release', input(world));
      await until(run, ({ steps }) => steps.length > 0);
      const plan = await run.query<ReleasePlan>(queryNames.plan);
      expect(plan.stops.map(({ environment: where, kind, from }) => [where, kind, from])).toEqual([
        ['staging', 'deploy', null],
        ['production', 'promote', 'staging'],
      ]);
      const names = (await run.query<ChangeStatus>(queryNames.status)).steps.map(({ name }) => name);
      expect(names.indexOf('build')).toBeLessThan(names.indexOf('staging: migrate'));
      expect(names.indexOf('staging: ledger')).toBeLessThan(names.indexOf('production: stage'));
      expect(names.at(-1)).toBe('same digest');
      await run.cancel();
      await failureOf(run);
    });
  });

  it('lists every problem of an input and touches nothing', async () => {
    const world = freeStaging();
    await harness.with(world, async (start) => {
      const run = await start('release', { service: 'Not A Name', environment: 'staging', commit: 'main' });
      const { type, message } = await failureOf(run);
      expect(type).toBe('InvalidInput');
      for (const path of ['service:', 'commit:', 'requestedBy:', 'environment: is not a field'])
        expect(message).toContain(path);
      expect(await failureOf(await start('release', { ...input(world), service: 'nobody' }))).toEqual({
        type: 'InvalidInput',
        message: expect.stringContaining('service: unknown service nobody'),
      });
      const stranger = await failureOf(
        await start('release', { ...input(world), requestedBy: 'stranger@example.com' }),
      );
      for (const where of ['staging', 'production'])
        expect(stranger.message).toMatch(new RegExp(`requestedBy: stranger@example.com may not start .* in ${where}`));
      expect(await failureOf(await start('release', { ...input(world), commit: 'd'.repeat(40) }))).toEqual({
        type: 'InvalidInput',
        message: expect.stringContaining('unknown commit'),
      });
    });
    expect([...world.writes, ...world.production.writes, ...world.built]).toEqual([]);
  });

  it('ends with the outcome of the stop that failed, and says what serves where and what to do', async () => {
    const world = freeStaging();
    await harness.with(world, async (start) => {
      const run = await start('release', input(world));
      await until(run, productionWaits);
      await run.signal(messageNames.reject, { by: owner, note: 'not on a Friday' });
      const { type, message } = await failureOf(run);
      expect(type).toBe('Rejected');
      for (const said of [
        'production: rejected by',
        'not on a Friday',
        'staging serves service-c',
        'production serves service-1 100 %',
        './slipway release',
      ])
        expect(message).toContain(said);
      expect(await run.query('status')).toMatchObject({
        phase: 'failed',
        stops: [{ state: 'passed' }, { state: 'failed' }],
      });
    });
    expect(world.production.writes).toEqual([]);
  });

  it('promotes nothing but what it built, whatever was released to staging meanwhile', async () => {
    const world = freeStaging();
    await harness.with(world, async (start) => {
      const run = await start('release', input(world));
      await until(run, productionWaits);
      const other = await start('deploy', {
        service: world.service,
        environment: 'staging',
        commit: commits.bad,
        requestedBy: developer,
      });
      await other.result();
      await run.executeUpdate(messageNames.approve, { args: [{ by: owner }] });
      expect(await failureOf(run)).toEqual({
        type: 'Superseded',
        message: expect.stringContaining(`staging serves ${digestOfCommit(commits.bad)}`),
      });
    });
    expect(world.production.writes).toEqual([]);
  });

  it('does not end as done when another digest serves at the end', async () => {
    const world = freeStaging();
    world.production.failNext('shift', 'Unknown', 'nobody knows');
    await harness.with(world, async (start) => {
      const run = await start('release', input(world));
      await until(run, productionWaits);
      await run.executeUpdate(messageNames.approve, { args: [{ by: owner }] });
      await until(run, ({ phase }) => phase === 'parked');
      const { digest } = artifactOf(commits.old);
      world.live = { ...world.live, serving: world.live.serving.map((one) => ({ ...one, digest })) };
      await run.executeUpdate(messageNames.decide, { args: [{ action: 'retry', by: owner }] });
      expect(await failureOf(run)).toEqual({
        type: 'Drifted',
        message: expect.stringContaining('not every environment serves what was released: staging: serves sha256:aaa'),
      });
    });
  });

  it('hands a decision on to the stop that is parked', async () => {
    const world = freeStaging();
    world.failNext('stage', 'Unknown', 'nobody knows');
    await harness.with(world, async (start) => {
      const run = await start('release', input(world));
      await expect(
        run.executeUpdate(messageNames.decide, { args: [{ action: 'retry', by: owner }] }),
      ).rejects.toMatchObject({ cause: { type: 'Refused' } });
      const parked = await until(run, ({ waitingFor }) => waitingFor?.what.startsWith('staging: a decision') === true);
      expect(parked.phase).toBe('parked');
      expect(await run.executeUpdate(messageNames.decide, { args: [{ action: 'retry', by: owner }] })).toContain(
        'staging: retry of stage',
      );
      await until(run, productionWaits);
      await run.cancel();
      await failureOf(run);
    });
  });

  it('cancels its stop, which restores and frees the environment', async () => {
    const world = freeStaging();
    world.failNext('shift', 'Unknown', 'nobody knows');
    await harness.with(world, async (start) => {
      const run = await start('release', input(world));
      await until(run, ({ phase }) => phase === 'parked');
      await run.cancel();
      await expect(run.result()).rejects.toMatchObject({ cause: { name: 'CancelledFailure' } });
      expect(await run.query('status')).toMatchObject({ phase: 'cancelled' });
      expect(await childOf(run, 'staging').query('status')).toMatchObject({ phase: 'cancelled' });
    });
    expect(world.writes.map(({ method }) => method)).toEqual([
      'stamp',
      'stage',
      'syncMigration',
      'runMigration',
      'restore',
    ]);
    expect(world.ledger.at(-1)).toMatchObject({ outcome: 'cancelled and restored' });
  });

  it(
    'still hands decisions on while it is being cancelled: its stop may not go back by ' +
      'itself after an incompatible migration',
    async () => {
      const world = freeStaging();
      world.migrations.set(commits.good, [{ name: '1_rename.sql', compatibility: 'incompatible' }]);
      world.failNext('shift', 'Unknown', 'nobody knows');
      const dataOwner = 'data-owner@example.com';
      await harness.with(world, async (start) => {
        const run = await start('release', input(world));
        await until(run, ({ waitingFor }) => waitingFor?.what.startsWith('staging: approval') === true);
        await run.executeUpdate(messageNames.approve, { args: [{ by: dataOwner }] });
        await until(run, ({ phase }) => phase === 'parked');
        await run.cancel();
        await until(run, ({ waitingFor }) => waitingFor?.what.includes('about restore') === true);
        await run.executeUpdate(messageNames.decide, { args: [{ action: 'abort', by: dataOwner }] });
        expect(await failureOf(run)).toEqual({
          type: 'Aborted',
          message: expect.stringMatching(/^staging: restore was given up by data-owner@example.com/),
        });
      });
      expect(world.writes.at(-1)?.method).toBe('runMigration');
    },
  );

  it('leaves no stop behind that goes on by itself: terminated, it cancels the one under way', async () => {
    const world = freeStaging();
    world.failNext('shift', 'Unknown', 'nobody knows');
    await harness.with(world, async (start) => {
      const run = await start('release', input(world));
      await until(run, ({ phase }) => phase === 'parked');
      await run.terminate('the laptop is on fire');
      await expect(childOf(run, 'staging').result()).rejects.toMatchObject({ cause: { name: 'CancelledFailure' } });
    });
    expect(world.writes.at(-1)?.method).toBe('restore');
    expect(world.ledger.at(-1)).toMatchObject({ outcome: 'cancelled and restored' });
  });

  it('ends as Aborted, not as cancelled, when its stop alone was cancelled', async () => {
    const world = freeStaging();
    world.failNext('stage', 'Unknown', 'nobody knows');
    await harness.with(world, async (start) => {
      const run = await start('release', input(world));
      await until(run, ({ phase }) => phase === 'parked');
      await childOf(run, 'staging').cancel();
      expect(await failureOf(run)).toEqual({
        type: 'Aborted',
        message: expect.stringContaining('staging: its run was cancelled'),
      });
    });
  });

  it('believes no report but that of the stop under way', async () => {
    const world = freeStaging();
    await harness.with(world, async (start) => {
      const run = await start('release', input(world));
      await until(run, productionWaits);
      const forged = {
        workflowId: `${run.workflowId}/staging`,
        change: 'c1',
        phase: 'done',
        digest: '',
        plan: '',
        steps: [],
        waitingFor: null,
      };
      await run.signal('reported', forged);
      await run.signal('reported', { ...forged, steps: 'none' });
      await run.signal('reported', { workflowId: forged.workflowId });
      const status = await until(run, ({ refused }) => refused.count === 3);
      expect(stateOf(status, 'staging: ledger')).toBe('passed');
      await run.cancel();
      await failureOf(run);
    });
  });
});
