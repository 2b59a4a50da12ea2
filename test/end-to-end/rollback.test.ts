import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Place } from './estate.ts';
import { callsOf, effective } from './call-log.ts';
import { executionsStarted, expectInvariants } from './invariants.ts';
import { dataOwner, failureOf, owner } from './runs.ts';
import { TestSandbox } from './sandbox.ts';
import { eventually } from './waiting.ts';

const back = (service: string) => ({
  service,
  environment: 'production',
  requestedBy: owner,
  reason: 'errors since the release',
});

describe('rollback', () => {
  let sandbox: TestSandbox;
  beforeAll(async () => {
    sandbox = await TestSandbox.open();
    await sandbox.worker();
  });
  beforeEach(() => sandbox.reset());
  afterAll(async () => {
    expectInvariants(await sandbox.calls());
    await sandbox.close();
  });

  it('brings back what served before, job included, and holds what it left', async () => {
    const { runs } = sandbox;
    const estate = await sandbox.estate({ name: 'back' });
    await (await runs.start('deploy', estate.input('good'))).result();
    const result = await (await runs.start('rollback', back(estate.name))).result();
    const image = await estate.image('baseline');
    expect(result.commit).toBe(estate.commit('baseline'));
    expect(await estate.served()).toMatchObject({
      serving: [{ image, percent: 100 }],
      templateImage: image,
      jobImage: image,
    });
    expect(await estate.ask('/healthz')).toMatchObject({ status: 200, body: { commit: estate.commit('baseline') } });
    expect((await runs.environment(estate.name)).holds).toMatchObject([{ commit: estate.commit('good') }]);
  });

  it('stops a deploy after its migration, never in the middle of it, and wins', async () => {
    const { runs } = sandbox;
    const slow = (place: Place): void => {
      place.variables = { ...place.variables, MIGRATION_PAUSE_MS: '2000' };
    };
    const estate = await sandbox.estate({ name: 'yielding', place: slow });
    const { change: good } = await (await runs.start('deploy', estate.input('good'))).result();
    const deploy = await runs.start('deploy', estate.input('compatible-migration'));
    const { change } = await runs.untilPhase(deploy, 'migrating');
    await eventually('the migration', async () => executionsStarted(await sandbox.calls(), change).length > 0);
    const rollback = await runs.start('rollback', { ...back(estate.name), to: good });
    expect(await failureOf(deploy)).toEqual({
      type: 'Preempted',
      message: expect.stringContaining('errors since the release'),
    });
    expect((await rollback.result()).commit).toBe(estate.commit('good'));
    expect(await estate.tables()).toContain('run_labels');
    const image = await estate.image('good');
    expect(await estate.served()).toMatchObject({
      serving: [{ image, percent: 100 }],
      templateImage: image,
      jobImage: image,
    });
    expect(effective(callsOf(await sandbox.calls(), change)).map(({ markers }) => markers.step)).toEqual([
      'fence',
      'fence',
      'stage',
      'sync-job',
      'migrate',
    ]);
  });

  it(
    'of a bake that failed after an incompatible migration: parked, refused before anything ' +
      'is touched, then done with the data owner',
    async () => {
      const { runs, platform } = sandbox;
      const estate = await sandbox.estate({
        name: 'oneway',
        place: (place) => (place.bake = { seconds: 60, everySeconds: 1, minRequests: 0, logsArriveWithinSeconds: 5 }),
      });
      const deploy = await runs.start('deploy', estate.input('incompatible-migration'));
      await runs.approve(deploy, dataOwner);
      const { change } = await runs.untilPhase(deploy, 'baking');
      await platform.writeServiceLog(
        estate.name,
        `${estate.name}-${change}-a1`,
        'relation "run_events" does not exist',
      );
      const { waitingFor } = await runs.untilPhase(deploy, 'parked');
      expect(waitingFor).toMatchObject({ what: expect.stringContaining('the bake failed'), who: [dataOwner] });
      const before = (await sandbox.calls()).length;
      expect(await failureOf(await runs.start('rollback', back(estate.name)))).toEqual({
        type: 'InvalidInput',
        message: expect.stringContaining('rename_run_events'),
      });
      expect(effective((await sandbox.calls()).slice(before))).toEqual([]);
      expect((await estate.createRun()).status).toBe(201);

      const rollback = await runs.start('rollback', { ...back(estate.name), schemaVersion: 'before-rename' });
      await runs.approve(rollback, dataOwner);
      expect((await failureOf(deploy)).type).toBe('Preempted');
      await runs.until(rollback, (status) => status.waitingFor?.what.includes('schema') ?? false);
      expect(effective((await sandbox.calls()).slice(before))).toEqual([]);
      await estate.sql('ALTER TABLE runtime.run_log RENAME TO run_events');
      await rollback.executeUpdate('decide', {
        args: [{ action: 'markDone', by: dataOwner, evidence: 'renamed back' }],
      });
      await rollback.result();
      const image = await estate.image('baseline');
      expect(await estate.served()).toMatchObject({
        serving: [{ image, percent: 100 }],
        templateImage: image,
        jobImage: image,
      });
      expect((await estate.createRun()).status).toBe(201);
    },
  );
});
