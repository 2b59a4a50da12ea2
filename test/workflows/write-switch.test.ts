import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CatalogEntry } from '../../contract/catalog/catalog.ts';
import type { EnvironmentStatus } from '../../contract/environment.ts';
import { environmentWorkflowId } from '../../contract/ids.ts';
import type { WriteSwitch } from '../../contract/catalog/write-switch.ts';
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

const dataOwner = 'data-owner@example.com';
const noApprovals = { required: [], rollback: [], requesterMayApprove: false, expiresAfterMinutes: 5 };
const switching = (frozen: boolean): WriteSwitch['freeze'] => ({
  method: 'PUT',
  path: '/writes',
  body: { frozen },
  headers: { 'x-agent-api-key': { secret: 'agent-key' } },
  timeoutSeconds: 5,
});
const writeSwitch: WriteSwitch = {
  freeze: switching(true),
  thaw: switching(false),
  check: { path: '/writes', timeoutSeconds: 5, pointer: '/frozen', frozen: true, thawed: false },
};
const smoke: CatalogEntry['settings']['smoke'] = [
  { name: 'health', method: 'GET', path: '/healthz', status: [200], timeoutSeconds: 5 },
  {
    name: 'write',
    method: 'POST',
    path: '/runs',
    body: {},
    status: [200],
    output: { as: 'run', pointer: '/id' },
    timeoutSeconds: 5,
  },
  { name: 'written', method: 'GET', path: '/runs/{run}', status: [200], timeoutSeconds: 5 },
];
const frozenBy = 'PUT /writes {"frozen":true}';
const thawedBy = 'PUT /writes {"frozen":false}';

/**
 * Back across an incompatible migration where the service has a declared switch (runbook 004, rollback procedure,
 * step 4).
 */
describe('writes', () => {
  let temporal: TestWorkflowEnvironment;
  let harness: Harness;
  beforeAll(async () => {
    logErrorsOnly();
    temporal = await startTemporal();
    harness = await createHarness(temporal);
  }, 60_000);
  afterAll(() => temporal.teardown());

  type Start = (type: string, input: unknown) => Promise<ChangeHandle>;
  const back = ({ service }: World) => ({
    service,
    environment: 'staging',
    requestedBy: owner,
    reason: 'errors',
    schemaVersion: '0_before_rename',
  });
  const decide = (run: ChangeHandle, action: string) =>
    run.executeUpdate('decide', { args: [{ action, by: dataOwner, evidence: 'done by hand and checked' }] });
  const parkedAt = (run: ChangeHandle, step: string) =>
    until(
      run,
      ({ phase, steps }) => phase === 'parked' && steps.some(({ name, state }) => name === step && state === 'parked'),
    );

  /** A world in which an incompatible migration was released, with nothing asked of the service yet. */
  const crossed = async (start: Start, world: World): Promise<void> => {
    world.migrations.set(commits.good, [{ name: '1_rename.sql', compatibility: 'incompatible' }]);
    const deploy = await start('deploy', {
      service: world.service,
      environment: 'staging',
      commit: commits.good,
      requestedBy: developer,
    });
    await until(deploy, ({ waitingFor }) => waitingFor?.kind === 'approval');
    await deploy.executeUpdate('approve', { args: [{ by: dataOwner }] });
    await deploy.result();
    world.asked.length = 0;
    world.writes.length = 0;
  };
  const approved = async (start: Start, world: World): Promise<ChangeHandle> => {
    const run = await start('rollback', back(world));
    await until(run, ({ waitingFor }) => waitingFor?.kind === 'approval');
    await run.executeUpdate('approve', { args: [{ by: dataOwner }] });
    return run;
  };
  const switched = (world: World) => world.asked.filter((request) => request.startsWith('PUT'));

  it('are frozen before the repair, and let in and looked at after the restore', async () => {
    const world = new World({ approvals: noApprovals, writeSwitch, smoke });
    await harness.with(world, async (start) => {
      await crossed(start, world);
      const run = await approved(start, world);
      const { waitingFor } = await parkedAt(run, 'schema');
      expect(waitingFor).toMatchObject({ who: [dataOwner], what: expect.stringContaining('1_rename.sql') });
      expect(world.asked).toEqual(['GET /writes', frozenBy, 'GET /writes']);
      expect(world.writes.map(({ method }) => method)).toEqual(['stamp']);
      await decide(run, 'markDone');
      await run.result();
      expect(world.asked.slice(3)).toEqual([
        'GET /healthz',
        'GET /writes',
        thawedBy,
        'GET /writes',
        'GET /healthz',
        'POST /runs {}',
        'GET /runs/run-1',
      ]);
      expect(world.live.serving[0]).toMatchObject({ revision: 'service-1', commit: commits.old });
      const { steps } = await run.query<{ steps: { name: string; state: string }[] }>('status');
      expect(
        steps
          .filter(({ name }) => /writes|schema|restore/.test(name))
          .map(({ name, state }) => `${name} ${state}`)
          .toSorted(),
      ).toEqual([
        'fence-writes passed',
        'freeze-writes passed',
        'restore passed',
        'schema passed',
        'thaw-writes passed',
        'verify-writes passed',
      ]);
    });
  });

  it('are thawed again when the data owner gives up before anything was restored', async () => {
    const world = new World({ approvals: noApprovals, writeSwitch, smoke });
    await harness.with(world, async (start) => {
      await crossed(start, world);
      const run = await approved(start, world);
      await parkedAt(run, 'schema');
      await decide(run, 'abort');
      expect((await failureOf(run)).type).toBe('Aborted');
      expect(switched(world)).toEqual([frozenBy, thawedBy]);
      expect(world.writes.map(({ method }) => method)).toEqual(['stamp']);
    });
  });

  it(
    'stay frozen when the restore fails, said with the way to thaw them; the next rollback ' + 'takes them as they are',
    async () => {
      const world = new World({ approvals: noApprovals, writeSwitch, smoke });
      await harness.with(world, async (start) => {
        await crossed(start, world);
        world.failNext('restore', 'BadRequest', 'the platform refuses');
        const run = await approved(start, world);
        await parkedAt(run, 'schema');
        await decide(run, 'markDone');
        const failure = await failureOf(run);
        expect(failure).toEqual({
          type: 'RestoreFailed',
          message: expect.stringContaining(`WRITES OF ${world.service} IN staging ARE FROZEN`),
        });
        expect(failure.message).toContain(
          `curl -fsS -X PUT -H 'content-type: application/json' -H "x-agent-api-key: $(gcloud ` +
            'secrets versions access latest --secret agent-key --project project-1)"',
        );
        expect(world.writesFrozen).toBe(true);
        const { ledger } = await harness.client.workflow
          .getHandle(environmentWorkflowId(world.service, 'staging'))
          .query<EnvironmentStatus>('status');
        expect(ledger.at(-1)?.outcome).toContain('ARE FROZEN');
        const again = await approved(start, world);
        await parkedAt(again, 'schema');
        await decide(again, 'markDone');
        await again.result();
        expect(switched(world)).toEqual([frozenBy, thawedBy]);
        expect(world.writesFrozen).toBe(false);
      });
    },
  );

  it('that an earlier run left frozen are not thawed by one that gives up', async () => {
    const world = new World({ approvals: noApprovals, writeSwitch, smoke });
    await harness.with(world, async (start) => {
      await crossed(start, world);
      world.writesFrozen = true;
      const run = await approved(start, world);
      await parkedAt(run, 'schema');
      await decide(run, 'abort');
      expect(await failureOf(run)).toEqual({ type: 'RestoreFailed', message: expect.stringContaining('ARE FROZEN') });
      expect(switched(world)).toEqual([]);
    });
  });

  it('are frozen by other means where the switch does not answer, with evidence', async () => {
    const world = new World({ approvals: noApprovals, writeSwitch, smoke });
    await harness.with(world, async (start) => {
      await crossed(start, world);
      world.switchIsBroken = true;
      const run = await approved(start, world);
      expect((await parkedAt(run, 'freeze-writes')).waitingFor?.what).toContain('answered 503');
      await decide(run, 'markDone');
      await parkedAt(run, 'schema');
      await decide(run, 'markDone');
      await parkedAt(run, 'thaw-writes');
      world.switchIsBroken = false;
      await decide(run, 'retry');
      await run.result();
      expect(switched(world)).toEqual([]);
    });
  });

  it('are frozen, too, for a deploy that was stopped after its incompatible migration', async () => {
    const world = new World({ approvals: noApprovals, writeSwitch, smoke });
    await harness.with(world, async (start) => {
      world.migrations.set(commits.good, [{ name: '1_rename.sql', compatibility: 'incompatible' }]);
      world.failNext('shift', 'Unknown', 'nobody knows');
      const deploy = await start('deploy', {
        service: world.service,
        environment: 'staging',
        commit: commits.good,
        requestedBy: developer,
      });
      await until(deploy, ({ waitingFor }) => waitingFor?.kind === 'approval');
      await deploy.executeUpdate('approve', { args: [{ by: dataOwner }] });
      await until(deploy, ({ phase }) => phase === 'parked');
      const { schemaVersion: _unsaid, ...asked } = back(world);
      const run = await start('rollback', asked);
      expect((await parkedAt(run, 'schema')).waitingFor?.what).toContain('1_rename.sql');
      expect((await failureOf(deploy)).type).toBe('Preempted');
      await decide(run, 'markDone');
      await run.result();
      expect(switched(world)).toEqual([frozenBy, thawedBy]);
    });
  });
});
