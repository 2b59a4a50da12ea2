import { describe, expect, it } from 'vitest';
import { eventually } from '../until.ts';
import { expectFailure } from '../expect-failure.ts';
import type { Place } from './estate.ts';
import { effective } from './call-log.ts';
import { executionsStarted, expectParity } from './invariants.ts';
import { dataOwner, rollbackOf } from './runs.ts';
import { openSandbox } from './stage.ts';

const sandbox = openSandbox();

describe('rollback', () => {
  it('brings back what served before, job included, and holds what it left', async () => {
    const { runs } = sandbox;
    const estate = await sandbox.estate({ name: 'back' });
    await runs.complete('deploy', estate.input('good'));
    const result = await runs.complete('rollback', rollbackOf(estate));
    expect(result.commit).toBe(estate.commit('baseline'));
    await expectParity(estate, 'baseline');
    expect(await estate.ask('/health')).toMatchObject({ status: 200, body: { commit: estate.commit('baseline') } });
    expect((await runs.environment(estate.name)).holds).toMatchObject([{ commit: estate.commit('good') }]);
  });

  it('stops a deploy after its migration, never in the middle of it, and wins', async () => {
    const { runs } = sandbox;
    const slow = (place: Place): void => {
      place.variables = { ...place.variables, MIGRATION_PAUSE_MS: '2000' };
    };
    const estate = await sandbox.estate({ name: 'yielding', place: slow });
    const { change: good } = await runs.complete('deploy', estate.input('good'));
    const deploy = await runs.start('deploy', estate.input('compatible-migration'));
    const { change } = await runs.untilPhase(deploy, 'migrating');
    await eventually('the migration', async () => executionsStarted(await sandbox.calls(), change).length > 0);
    const rollback = await runs.start('rollback', rollbackOf(estate, { to: good }));
    await expectFailure(deploy, 'Preempted', 'errors since the release');
    expect((await rollback.result()).commit).toBe(estate.commit('good'));
    expect(await estate.tables()).toContain('run_labels');
    await expectParity(estate, 'good');
    expect(await sandbox.stepsWritten(change)).toEqual(['fence', 'fence', 'stage', 'sync-job', 'migrate']);
  });

  it('after an incompatible migration whose bake failed is refused, then done with the data owner', async () => {
    const { runs, platform } = sandbox;
    const estate = await sandbox.estate({
      name: 'oneway',
      place: (place) => (place.bake = { seconds: 60, everySeconds: 1, minRequests: 0, logsArriveWithinSeconds: 5 }),
    });
    const deploy = await runs.start('deploy', estate.input('incompatible-migration'));
    await runs.approve(deploy, dataOwner);
    const { change } = await runs.untilPhase(deploy, 'baking');
    await platform.writeServiceLog(estate.name, `${estate.name}-${change}-a1`, 'relation "run_events" does not exist');
    const { waitingFor } = await runs.untilPhase(deploy, 'parked');
    expect(waitingFor).toMatchObject({ what: expect.stringContaining('the bake failed'), who: [dataOwner] });
    const before = (await sandbox.calls()).length;
    await expectFailure(await runs.start('rollback', rollbackOf(estate)), 'InvalidInput', 'rename_run_events');
    expect(effective((await sandbox.calls()).slice(before))).toEqual([]);
    expect((await estate.createRun()).status).toBe(201);

    const rollback = await runs.start('rollback', rollbackOf(estate, { schemaVersion: 'before-rename' }));
    await runs.approve(rollback, dataOwner);
    await expectFailure(deploy, 'Preempted');
    await runs.until(rollback, (status) => status.waitingFor?.what.includes('schema') ?? false);
    expect(effective((await sandbox.calls()).slice(before))).toEqual([]);
    await estate.sql('ALTER TABLE runtime.run_log RENAME TO run_events');
    await runs.decide(rollback, 'markDone', dataOwner, 'renamed back');
    await rollback.result();
    await expectParity(estate, 'baseline');
    expect((await estate.createRun()).status).toBe(201);
  });
});
