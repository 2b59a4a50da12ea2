import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { callsOf, effective } from './call-log.ts';
import type { FaultScript } from './control.ts';
import { expectInvariants } from './invariants.ts';
import { failureOf, owner } from './runs.ts';
import { TestSandbox } from './sandbox.ts';
import { eventually } from './waiting.ts';

const back = (service: string) => ({
  service,
  environment: 'production',
  requestedBy: owner,
  reason: 'errors since the release',
});

/** What may be in the way of a way back, each over the platform (runbook 004, rollback procedure). */
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

  it(
    'of a service that was pinned: refused while the image is deleted, then back twice, ' + 'pinned as before',
    async () => {
      const { runs, platform } = sandbox;
      const estate = await sandbox.estate({ name: 'pinned' });
      const [baseline] = (await estate.served()).serving;
      await platform.pin(estate.name, baseline?.revision ?? '');
      const before = await estate.shape();
      await (await runs.start('deploy', estate.input('good'))).result();
      await (await runs.start('deploy', estate.input('compatible-migration'))).result();
      await platform.deleteImage(await estate.image('good'));
      const seen = (await sandbox.calls()).length;
      expect(await failureOf(await runs.start('rollback', back(estate.name)))).toEqual({
        type: 'InvalidInput',
        message: expect.stringMatching(
          new RegExp(`not in the registry any more.*the newest first: ${baseline?.revision}`),
        ),
      });
      expect(effective((await sandbox.calls()).slice(seen))).toEqual([]);
      const image = await estate.image('good');
      const once = await (await runs.start('rollback', back(estate.name))).result();
      expect(await estate.served()).toMatchObject({
        serving: [{ image, percent: 100 }],
        templateImage: image,
        jobImage: image,
      });
      expect((await platform.service(estate.name)).traffic).toMatchObject([
        { type: 'TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION', revision: once.revision, percent: 100 },
      ]);
      await (await runs.start('rollback', back(estate.name))).result();
      const { template, traffic } = await estate.shape();
      expect({ template, traffic }).toEqual({ template: before.template, traffic: before.traffic });
      expect((await estate.served()).jobImage).toBe(await estate.image('baseline'));
      expect(await failureOf(await runs.start('rollback', back(estate.name)))).toEqual({
        type: 'InvalidInput',
        message: expect.stringContaining('no earlier state'),
      });
    },
  );

  it('to a revision that is gone brings its image up again', async () => {
    const { runs, platform } = sandbox;
    const estate = await sandbox.estate({ name: 'pruned' });
    const [baseline] = (await estate.served()).serving;
    await (await runs.start('deploy', estate.input('good'))).result();
    await platform.deleteRevision(estate.name, baseline?.revision ?? '');
    const result = await (await runs.start('rollback', back(estate.name))).result();
    const image = await estate.image('baseline');
    expect(await estate.served()).toMatchObject({
      serving: [{ revision: result.revision, image, percent: 100 }],
      templateImage: image,
      jobImage: image,
    });
    expect(effective(callsOf(await sandbox.calls(), result.change)).map(({ markers }) => markers.step)).toEqual([
      'fence',
      'fence',
      'stage',
      'sync-job',
      'shift',
    ]);
    expect(await estate.ask('/healthz')).toMatchObject({ status: 200, body: { commit: estate.commit('baseline') } });
  });

  it(
    'meets a deploy in each phase that writes: no restore by the deploy, one digest ' + 'everywhere in the end',
    async () => {
      const { runs, control } = sandbox;
      const phases: { step: string; fault?: Pick<FaultScript, 'method' | 'nth'> }[] = [
        { step: 'fence', fault: { method: 'Services/UpdateService', nth: 1 } },
        { step: 'stage', fault: { method: 'Services/UpdateService', nth: 2 } },
        { step: 'sync-job', fault: { method: 'Jobs/UpdateJob', nth: 2 } },
        { step: 'migrate', fault: { method: 'Jobs/RunJob', nth: 1 } },
        { step: 'shift', fault: { method: 'Services/UpdateService', nth: 3 } },
        { step: 'bake' },
      ];
      await Promise.all(
        phases.map(async ({ step, fault }) => {
          const estate = await sandbox.estate({
            name: `phase-${step}`,
            place: (place) =>
              (place.bake = { seconds: 60, everySeconds: 1, minRequests: 0, logsArriveWithinSeconds: 5 }),
          });
          const held = fault && (await control.addFault({ ...fault, resource: estate.name, kind: 'delay', ms: 2_500 }));
          const deploy = await runs.start('deploy', estate.input('good'));
          if (held) await control.fired(held);
          const { change } = held ? await runs.status(deploy) : await runs.untilPhase(deploy, 'baking');
          const rollback = await runs.start('rollback', back(estate.name));
          expect((await failureOf(deploy)).type, step).toBe('Preempted');
          await rollback.result();
          const image = await estate.image('baseline');
          expect(await estate.served(), step).toMatchObject({
            serving: [{ image, percent: 100 }],
            templateImage: image,
            jobImage: image,
          });
          const written = effective(callsOf(await sandbox.calls(), change)).map(({ markers }) => markers.step ?? '');
          expect(
            written.filter((name) => name.startsWith('restore')),
            step,
          ).toEqual([]);
          expect(written.includes('migrate'), step).toBe(['migrate', 'shift', 'bake'].includes(step));
          // A shift that was held up may be given up, or be refused when it arrives late; what is served says that it
          // did not win.
          if (step !== 'shift') expect(written.includes('shift'), step).toBe(step === 'bake');
        }),
      );
    },
    180_000,
  );

  it('has nowhere to go when the first release ever has failed, and says what to do', async () => {
    const { runs, platform } = sandbox;
    const estate = await sandbox.estate({ name: 'firstever' });
    await platform.deleteService(estate.name);
    await eventually('the service is gone', async () =>
      platform.service(estate.name).then(
        () => false,
        () => true,
      ),
    );
    expect((await failureOf(await runs.start('deploy', estate.input('fails-smoke')))).type).toBe('RolledBack');
    expect(await failureOf(await runs.start('rollback', back(estate.name)))).toEqual({
      type: 'InvalidInput',
      message: expect.stringMatching(/nothing serves and nothing ever did.*\.\/slipway deploy firstever/),
    });
  });
});
