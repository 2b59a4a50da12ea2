import { describe, expect, it } from 'vitest';
import type { CatalogEntry } from '../../contract/catalog/catalog.ts';
import type { DecideAction } from '../../contract/messages.ts';
import type { WriteSwitch } from '../../contract/catalog/write-switch.ts';
import { expectFailure } from '../expect-failure.ts';
import { failureOf, type ChangeHandle, type Start } from './harness.ts';
import { approve, decide, rollbackOf, startAndApprove, statusOf, untilParked } from './runs.ts';
import { openHarness } from './stage.ts';
import { commits, dataOwner, incompatible, noApprovals, World } from './world.ts';

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

const harness = openHarness();

/**
 * Back across an incompatible migration where the service has a declared switch (runbook 004, rollback procedure,
 * step 4).
 */
describe('writes', () => {
  const acrossTheRename = (world: World) => rollbackOf(world, { schemaVersion: '0_before_rename' });
  /** The data owner decides, with evidence. */
  const ownerDecides = (run: ChangeHandle, action: DecideAction) =>
    decide(run, action, { by: dataOwner, evidence: 'done by hand and checked' });

  /** A world in which an incompatible migration was released, with nothing asked of the service yet. */
  const releaseAcrossTheRename = async (start: Start, world: World): Promise<void> => {
    world.migrations.set(commits.good, [incompatible]);
    const deploy = await startAndApprove(start, world, dataOwner);
    await deploy.result();
    world.asked.length = 0;
    world.writes.length = 0;
  };
  const startRollback = async (start: Start, world: World): Promise<ChangeHandle> => {
    const run = await start('rollback', acrossTheRename(world));
    await approve(run, dataOwner);
    return run;
  };
  const switchedTo = (world: World) => world.asked.filter((request) => request.startsWith('PUT'));

  it('are frozen before the repair, and let in and looked at after the restore', async () => {
    const world = new World({ approvals: noApprovals, writeSwitch, smoke });
    await harness.with(world, async (start) => {
      await releaseAcrossTheRename(start, world);
      const run = await startRollback(start, world);
      const { waitingFor } = await untilParked(run, 'schema');
      expect(waitingFor).toMatchObject({ who: [dataOwner], what: expect.stringContaining('1_rename.sql') });
      expect(world.asked).toEqual(['GET /writes', frozenBy, 'GET /writes']);
      expect(world.methods()).toEqual(['stamp']);
      await ownerDecides(run, 'markDone');
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
      const { steps } = await statusOf(run);
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
      await releaseAcrossTheRename(start, world);
      const run = await startRollback(start, world);
      await untilParked(run, 'schema');
      await ownerDecides(run, 'abort');
      await expectFailure(run, 'Aborted');
      expect(switchedTo(world)).toEqual([frozenBy, thawedBy]);
      expect(world.methods()).toEqual(['stamp']);
    });
  });

  it('stay frozen when the restore fails, with the command to thaw; the next rollback goes on there', async () => {
    const world = new World({ approvals: noApprovals, writeSwitch, smoke });
    await harness.with(world, async (start) => {
      await releaseAcrossTheRename(start, world);
      world.failNext('restore', 'BadRequest', 'the platform refuses');
      const run = await startRollback(start, world);
      await untilParked(run, 'schema');
      await ownerDecides(run, 'markDone');
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
      const { ledger } = await harness.environmentStatus(world);
      expect(ledger.at(-1)?.outcome).toContain('ARE FROZEN');
      const again = await startRollback(start, world);
      await untilParked(again, 'schema');
      await ownerDecides(again, 'markDone');
      await again.result();
      expect(switchedTo(world)).toEqual([frozenBy, thawedBy]);
      expect(world.writesFrozen).toBe(false);
    });
  });

  it.each([
    ['', undefined, 'thaw writes now: curl', 'print-identity-token)"'],
    [
      ', whose audience is named',
      'https://a.example.com/$x',
      'thaw writes now, signed in as a service account: curl',
      `print-identity-token --audiences='https://a.example.com/$x')"`,
    ],
  ])('are thawed by a person with an identity token%s', async (_which, audience, sentence, token) => {
    const authorization = { identityToken: true as const, ...(audience !== undefined && { audience }) };
    const thaw = { ...writeSwitch.thaw, headers: { authorization } };
    const world = new World({ approvals: noApprovals, writeSwitch: { ...writeSwitch, thaw }, smoke });
    await harness.with(world, async (start) => {
      await releaseAcrossTheRename(start, world);
      world.writesFrozen = true;
      const run = await startRollback(start, world);
      await untilParked(run, 'schema');
      await ownerDecides(run, 'abort');
      const { message } = await failureOf(run);
      expect(message).toContain(sentence);
      expect(message).toContain(`-H "authorization: Bearer $(gcloud auth ${token}`);
    });
  });

  it('that an earlier run left frozen are not thawed by one that gives up', async () => {
    const world = new World({ approvals: noApprovals, writeSwitch, smoke });
    await harness.with(world, async (start) => {
      await releaseAcrossTheRename(start, world);
      world.writesFrozen = true;
      const run = await startRollback(start, world);
      await untilParked(run, 'schema');
      await ownerDecides(run, 'abort');
      await expectFailure(run, 'RestoreFailed', 'ARE FROZEN');
      expect(switchedTo(world)).toEqual([]);
    });
  });

  it('are frozen by other means where the switch does not answer, with evidence', async () => {
    const world = new World({ approvals: noApprovals, writeSwitch, smoke });
    await harness.with(world, async (start) => {
      await releaseAcrossTheRename(start, world);
      world.switchIsBroken = true;
      const run = await startRollback(start, world);
      expect((await untilParked(run, 'freeze-writes')).waitingFor?.what).toContain('answered 503');
      await ownerDecides(run, 'markDone');
      await untilParked(run, 'schema');
      await ownerDecides(run, 'markDone');
      await untilParked(run, 'thaw-writes');
      world.switchIsBroken = false;
      await ownerDecides(run, 'retry');
      await run.result();
      expect(switchedTo(world)).toEqual([]);
    });
  });

  it('are frozen, too, for a deploy that was stopped after its incompatible migration', async () => {
    const world = new World({ approvals: noApprovals, writeSwitch, smoke });
    await harness.with(world, async (start) => {
      world.migrations.set(commits.good, [incompatible]);
      world.failNext('shift', 'Unknown', 'nobody knows');
      const deploy = await startAndApprove(start, world, dataOwner);
      await untilParked(deploy);
      const run = await start('rollback', rollbackOf(world));
      expect((await untilParked(run, 'schema')).waitingFor?.what).toContain('1_rename.sql');
      await expectFailure(deploy, 'Preempted');
      await ownerDecides(run, 'markDone');
      await run.result();
      expect(switchedTo(world)).toEqual([frozenBy, thawedBy]);
    });
  });
});
