import { describe, expect, it } from 'vitest';
import { expectFailure } from '../expect-failure.ts';
import { callsOf, effective, shortMethod } from './call-log.ts';
import { executionsStarted, expectParity } from './invariants.ts';
import { openSandbox } from './stage.ts';

const newTables = ['khala_projection_checkpoints', 'sync_stream_events'];
const signature =
  '** (UndefinedFunctionError) function OpenAgentsRuntime.Release.migrate_and_verify!/0 is undefined or private';

const sandbox = openSandbox();

/** Runbook 000: the migration runs in the image of the release, or not at all. */
describe('migration', () => {
  it('repairs what the old scripted order breaks: the job was pinned to an old image', async () => {
    const { runs, platform } = sandbox;
    const estate = await sandbox.estate({ name: 'incident' });
    const [old, image] = [await estate.image('baseline'), await estate.image('good')];
    await platform.setJobImage(estate.job, old);
    await platform.deployByHand(estate.name, image, { RUNTIME_BUILD_SHA: estate.commit('good') });
    await platform.runJobByHand(estate.job);
    expect(await estate.tables()).not.toContain(newTables[0]);
    expect((await estate.createRun()).status).toBe(500);

    const run = await runs.start('deploy', estate.input('good'));
    const result = await run.result();
    expect(await estate.tables()).toEqual(expect.arrayContaining(newTables));
    expect((await estate.createRun()).status).toBe(201);
    expect(await estate.served()).toMatchObject({
      serving: [{ revision: result.revision, image, percent: 100 }],
      templateImage: image,
      jobImage: image,
    });
  });

  it('notices that somebody changed the job between our update of it and its run', async () => {
    const { runs, platform, control } = sandbox;
    const estate = await sandbox.estate({ name: 'edited' });
    // After the fence and the sync comes the update that starts the execution.
    const start = { method: 'Jobs/UpdateJob', nth: 3, resource: estate.name };
    const fault = await control.addFault({ ...start, kind: 'delay', ms: 2_500 });
    const executionsBefore = (await platform.executions(estate.job)).length;
    const run = await runs.start('deploy', estate.input('good'));
    await control.fired(fault);
    await platform.setJobImage(estate.job, await estate.image('baseline'));
    await expectFailure(run, 'Drifted', `job ${estate.job} was changed by somebody else since the previous step`);
    expect(await platform.executions(estate.job)).toHaveLength(executionsBefore);
    const { change } = await runs.status(run);
    const refused = callsOf(await sandbox.calls(), change).filter(
      (call) => shortMethod(call) === 'Jobs/UpdateJob' && call.markers.step === 'migrate',
    );
    expect(refused.map(({ code, effect }) => `${code} ${effect}`)).toEqual(['ABORTED none']);
    expect(await estate.tables()).not.toContain(newTables[0]);
  });

  it('uses the older command where the execution itself says that the image predates the newer', async () => {
    const { runs, platform } = sandbox;
    const estate = await sandbox.estate({ name: 'fallback' });
    const run = await runs.start('deploy', estate.input('predates-verify'));
    const { change } = await run.result();
    const started = executionsStarted(await sandbox.calls(), change);
    expect(started.map(({ markers }) => markers.step)).toEqual(['migrate', 'migrate-fallback']);
    const image = await estate.image('predates-verify');
    const executions = (await platform.executions(estate.job)).filter(({ name }) =>
      started.some(({ resource }) => resource === name),
    );
    for (const execution of executions) {
      expect(execution.template?.containers?.[0]?.image).toBe(image);
      expect(await platform.taskAttempts(execution)).toBe(1);
    }
    expect(await estate.tables()).toEqual(expect.arrayContaining([...newTables, 'run_labels']));
    await expectParity(estate, 'predates-verify');
  });

  it('restores, and never falls back, when only the log of another execution has the phrase', async () => {
    const { runs, platform } = sandbox;
    const estate = await sandbox.estate({ name: 'broken' });
    const [before, served] = [await estate.shape(), await estate.served()];
    for (const minutes of [0, 1, 2])
      await platform.writeJobLog(estate.job, `${estate.job}-other`, signature, new Date(Date.now() + minutes * 60_000));
    const run = await runs.start('deploy', estate.input('broken-migration'));
    await expectFailure(run, 'RolledBack', 'the migration failed');
    const { change, steps, diagnosis } = await runs.status(run);
    expect(steps.find(({ name }) => name === 'migrate')?.state).toBe('failed');
    const [likely] = diagnosis ?? [];
    expect(likely).toMatchObject({
      name: 'migration',
      lines: expect.arrayContaining([expect.stringMatching(/failed and was rolled back/)]),
    });
    const calls = callsOf(await sandbox.calls(), change);
    expect(executionsStarted(calls, change).map(({ markers }) => markers.step)).toEqual(['migrate']);
    expect(effective(calls).some(({ markers }) => markers.step === 'shift')).toBe(false);
    expect(await estate.shape()).toEqual(before);
    const after = await estate.served();
    expect(after.serving.map(({ image, percent }) => ({ image, percent }))).toEqual(
      served.serving.map(({ image, percent }) => ({ image, percent })),
    );
    expect((await estate.createRun()).status).toBe(201);
    expect((await runs.environment(estate.name)).holds).toMatchObject([
      { commit: estate.commit('broken-migration'), change },
    ]);
  });

  it('parks while the entries of a failed execution do not arrive, and goes on as a person decides', async () => {
    const { runs, control } = sandbox;
    const estate = await sandbox.estate({
      name: 'silent',
      place: (place) => (place.bake = { ...place.bake, logsArriveWithinSeconds: 2 }),
    });
    await control.tune({ logDelayMs: 600_000 });
    const run = await runs.start('deploy', estate.input('predates-verify'));
    const parked = await runs.untilPhase(run, 'parked');
    expect(parked.waitingFor).toMatchObject({ kind: 'operator', what: expect.stringContaining('did not arrive') });
    const calls = await sandbox.calls();
    expect(executionsStarted(calls, parked.change).map(({ markers }) => markers.step)).toEqual(['migrate']);
    await control.tune({ logDelayMs: 0 });
    await runs.decide(run, 'retry');
    await run.result();
    expect(executionsStarted(await sandbox.calls(), parked.change).map(({ markers }) => markers.step)).toEqual([
      'migrate',
      'migrate-fallback',
    ]);
  });
});
