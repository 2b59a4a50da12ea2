import { describe, expect, it } from 'vitest';
import type { CatalogEntry } from '../../contract/catalog/catalog.ts';
import { changeEntries } from '../../contract/ledger.ts';
import { expectFailure, refused } from '../expect-failure.ts';
import { decide, deployOf, rollbackOf, startAndApprove, timelineOf, untilAsked, untilParked } from './runs.ts';
import { openHarness } from './stage.ts';
import { payload, people, policy, signed, startSigned } from './signing.ts';
import { commits, compatible, dataOwner, incompatible, owner, World } from './world.ts';

const signOffs = { migration: [{ role: 'data-owner', count: 1 }], smoke: [{ role: 'release-owner', count: 1 }] };

const harness = openHarness();

describe('sign-offs', () => {
  it('come after the migration and after the smoke, signed, and stand in the ledger', async () => {
    const world = new World({ approvals: { ...signed, signOffs } }, people);
    world.migrations.set(commits.good, [compatible]);
    await harness.with(world, async (start) => {
      const run = await startSigned(start, 'deploy', deployOf(world));
      const plan = await untilAsked(run);
      expect(plan.steps.map(({ name }) => name).join(' ')).toContain(
        'migrate sign-off-migration smoke-candidate sign-off-smoke shift',
      );
      await run.executeUpdate('approve', { args: [payload(plan, owner)] });
      const migrated = await untilAsked(run, 'sign-off of the migration');
      expect(migrated.waitingFor?.what).toMatch(
        /service-migrate-migrate succeeded.*applied 1_add\.sql \(compatible\).*by data-owner/,
      );
      await expect(
        run.executeUpdate('approve', { args: [{ ...payload(plan, dataOwner) }] }),
        'signed for the plan',
      ).rejects.toMatchObject(refused);
      await expect(
        run.executeUpdate('approve', { args: [payload(migrated, owner)] }),
        'another role',
      ).rejects.toMatchObject(refused);
      await run.executeUpdate('approve', { args: [payload(migrated, dataOwner)] });
      const smoked = await untilAsked(run, 'sign-off of the smoke');
      expect(smoked.waitingFor?.what).toContain('health: GET /healthz answered 200');
      expect(world.methods()).not.toContain('shift');
      await run.executeUpdate('approve', { args: [payload(smoked, owner)] });
      const { change } = await run.result();
      const entry = changeEntries((await harness.environmentStatus(world)).ledger).at(-1);
      expect(entry?.change).toBe(change);
      expect(entry?.approvals.map(({ gate, by }) => `${gate} ${by}`)).toEqual([
        `plan ${owner}`,
        `migration ${dataOwner}`,
        `smoke ${owner}`,
      ]);
    });
  }, 20_000);

  it('that are refused restore the state before, and the artifact is on hold', async () => {
    const world = new World({ approvals: { ...policy, signOffs: { smoke: signOffs.smoke } } });
    await harness.with(world, async (start) => {
      const run = await startAndApprove(start, world);
      await untilAsked(run, 'sign-off of the smoke');
      await run.signal('reject', { by: owner, note: 'the routes are open to everybody' });
      await expectFailure(run, 'RolledBack', 'the routes are open to everybody');
      expect(world.methods()).not.toContain('shift');
      expect((await harness.environmentStatus(world)).holds).toHaveLength(1);
    });
  });

  it('that are refused after an incompatible migration park', async () => {
    const world = new World({ approvals: { ...policy, signOffs: { migration: signOffs.migration } } });
    world.migrations.set(commits.good, [incompatible]);
    await harness.with(world, async (start) => {
      const run = await startAndApprove(start, world, owner, dataOwner);
      await untilAsked(run, 'sign-off of the migration');
      await run.signal('reject', { by: dataOwner, note: 'rows are missing' });
      const parked = await untilParked(run);
      expect(parked.waitingFor).toMatchObject({ who: [dataOwner], what: expect.stringContaining('rows are missing') });
      await decide(run, 'retry', { by: dataOwner });
      await untilAsked(run, 'sign-off of the migration');
      await run.executeUpdate('approve', { args: [{ by: dataOwner }] });
      await run.result();
    });
  });

  it('that people wait for give way to a rollback, which one person may complete alone', async () => {
    const approvals: CatalogEntry['settings']['approvals'] = {
      ...signed,
      rollback: [{ role: 'release-owner', count: 2 }],
      breakGlass: ['release-owner'],
      signOffs: { smoke: signOffs.smoke },
    };
    const world = new World({ approvals }, people);
    await harness.with(world, async (start) => {
      const deploy = await startSigned(start, 'deploy', deployOf(world));
      const plan = await untilAsked(deploy);
      await deploy.executeUpdate('approve', { args: [payload(plan, owner)] });
      await untilAsked(deploy, 'sign-off of the smoke');
      const rollback = await start('rollback', rollbackOf(world, { reason: 'errors at night' }));
      const waiting = await untilAsked(rollback);
      expect(waiting.waitingFor?.commands.at(-1)).toContain('break-glass');
      await expect(
        rollback.executeUpdate('approve', { args: [{ by: dataOwner, role: 'break-glass' }] }),
      ).rejects.toMatchObject(refused);
      await rollback.executeUpdate('approve', {
        args: [{ by: owner, role: 'break-glass', note: 'nobody else answers' }],
      });
      await expectFailure(deploy, 'Preempted');
      await rollback.result();
      const { currentDetails } = await rollback.query<{ currentDetails: string }>('__temporal_workflow_metadata');
      expect(currentDetails).toContain('- **BREAK-GLASS, claimed and not proven: requested by');
      expect((await harness.environmentStatus(world)).ledger.at(-1)).toMatchObject({
        kind: 'rollback',
        reason:
          `errors at night; BREAK-GLASS, claimed and not proven: requested by ${owner} as release-owner; ` +
          `BREAK-GLASS, claimed and not proven: approved by ${owner} as release-owner`,
        approvals: [{ breakGlass: true }],
      });
      expect((await timelineOf(rollback)).join('\n')).toContain('BREAK-GLASS, claimed and not proven: approved plan');
    });
  }, 20_000);
});
