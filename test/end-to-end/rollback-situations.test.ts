import { describe, expect, it } from 'vitest';
import { eventually } from '../until.ts';
import { expectFailure } from '../expect-failure.ts';
import type { FaultScript } from './control.ts';
import { expectParity } from './invariants.ts';
import { rollbackOf } from './runs.ts';
import { openSandbox } from './stage.ts';

const sandbox = openSandbox();

/** What may be in the way of a way back, each over the platform (runbook 004, rollback procedure). */
describe('rollback', () => {
  it('of a pinned service is refused while the image is deleted, then goes back twice, pinned', async () => {
    const { runs, platform } = sandbox;
    const estate = await sandbox.estate({ name: 'pinned' });
    const [baseline] = (await estate.served()).serving;
    await platform.pin(estate.name, baseline?.revision ?? '');
    const before = await estate.shape();
    await runs.complete('deploy', estate.input('good'));
    await runs.complete('deploy', estate.input('compatible-migration'));
    await platform.deleteImage(await estate.image('good'));
    const newest = `commit [0-9a-f]{12} .revision ${baseline?.revision},`;
    const refusal = new RegExp(`not in the registry any more.*the newest first: ${newest}`);
    const writes = await sandbox.writesDuring(async () =>
      expectFailure(await runs.start('rollback', rollbackOf(estate)), 'InvalidInput', refusal),
    );
    expect(writes).toEqual([]);
    // Somebody builds it again.
    await estate.image('good');
    const once = await runs.complete('rollback', rollbackOf(estate));
    await expectParity(estate, 'good');
    expect((await platform.service(estate.name)).traffic).toMatchObject([
      { type: 'TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION', revision: once.revision, percent: 100 },
    ]);
    await runs.complete('rollback', rollbackOf(estate));
    const { template, traffic } = await estate.shape();
    expect({ template, traffic }).toEqual({ template: before.template, traffic: before.traffic });
    expect((await estate.served()).jobImage).toBe(await estate.image('baseline'));
    await expectFailure(await runs.start('rollback', rollbackOf(estate)), 'InvalidInput', 'no earlier state');
  }, 180_000);

  it('to a revision that is gone brings its image up again', async () => {
    const { runs, platform } = sandbox;
    const estate = await sandbox.estate({ name: 'pruned' });
    const [baseline] = (await estate.served()).serving;
    await runs.complete('deploy', estate.input('good'));
    await platform.deleteRevision(estate.name, baseline?.revision ?? '');
    const result = await runs.complete('rollback', rollbackOf(estate));
    const image = await estate.image('baseline');
    expect(await estate.served()).toMatchObject({
      serving: [{ revision: result.revision, image, percent: 100 }],
      templateImage: image,
      jobImage: image,
    });
    expect(await sandbox.stepsWritten(result.change)).toEqual(['fence', 'fence', 'stage', 'sync-job', 'shift']);
    expect(await estate.ask('/health')).toMatchObject({ status: 200, body: { commit: estate.commit('baseline') } });
  });

  it('of a service by a tag, with a sidecar, brings the image of then back, though the tag has moved', async () => {
    const { runs, platform } = sandbox;
    const estate = await sandbox.estate({ name: 'tagged' });
    const image = await estate.image('baseline');
    await platform.deployByHand(estate.name, await platform.pointTag('live', image), { BY: 'hand' });
    const proxy = `us-central1-docker.pkg.dev/slipway-sandbox/proxy/proxy@sha256:${'a'.repeat(64)}`;
    await platform.addSidecar(estate.name, proxy);
    await platform.pointTag('live', await estate.image('fails-smoke'));
    const [adopted] = (await estate.served()).serving;
    await expectFailure(await runs.start('deploy', estate.input('fails-smoke')), 'RolledBack');
    expect(await estate.served()).toMatchObject({ serving: [{ image, percent: 100 }], templateImage: image });
    await runs.complete('deploy', estate.input('good'));
    await runs.complete('rollback', { ...rollbackOf(estate), to: adopted?.revision ?? '' });
    expect(await estate.served()).toMatchObject({ serving: [{ percent: 100 }], templateImage: image, jobImage: image });
    const { template } = await platform.service(estate.name);
    expect(template?.containers?.map((container) => container.image)).toEqual([image, proxy]);
    expect(await estate.ask('/health')).toMatchObject({ status: 200, body: { commit: estate.commit('baseline') } });
  }, 120_000);

  it('meets a deploy in each phase that writes: it alone restores, and one digest serves', async () => {
    const { runs, control } = sandbox;
    const phases: { step: string; fault?: Pick<FaultScript, 'method' | 'nth'> }[] = [
      { step: 'fence', fault: { method: 'Services/UpdateService', nth: 1 } },
      { step: 'stage', fault: { method: 'Services/UpdateService', nth: 2 } },
      { step: 'sync-job', fault: { method: 'Jobs/UpdateJob', nth: 2 } },
      { step: 'migrate', fault: { method: 'Jobs/UpdateJob', nth: 3 } },
      { step: 'shift', fault: { method: 'Services/UpdateService', nth: 3 } },
      { step: 'bake' },
    ];
    await Promise.all(
      phases.map(async ({ step, fault }) => {
        const estate = await sandbox.estate({
          name: `phase-${step}`,
          place: (place) => (place.bake = { seconds: 60, everySeconds: 1, minRequests: 0, logsArriveWithinSeconds: 5 }),
        });
        const held = fault && (await control.addFault({ ...fault, resource: estate.name, kind: 'delay', ms: 6_000 }));
        const deploy = await runs.start('deploy', estate.input('good'));
        if (held) await control.fired(held);
        const { change } = held ? await runs.status(deploy) : await runs.untilPhase(deploy, 'baking');
        const rollback = await runs.start('rollback', rollbackOf(estate));
        await expectFailure(deploy, 'Preempted');
        await rollback.result();
        await expectParity(estate, 'baseline', step);
        const written = await sandbox.stepsWritten(change);
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
  }, 180_000);

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
    await expectFailure(await runs.start('deploy', estate.input('fails-smoke')), 'RolledBack');
    await expectFailure(
      await runs.start('rollback', rollbackOf(estate)),
      'InvalidInput',
      /nothing serves and nothing ever did.*\.\/slipway deploy firstever/,
    );
  });
});
