import { describe, expect, it } from 'vitest';
import { callsOf, effective, shortMethod } from '../end-to-end/call-log.ts';
import { expectInvariants } from '../end-to-end/invariants.ts';
import { openSandbox } from '../end-to-end/stage.ts';
import { eventually } from '../until.ts';

/**
 * Longer than it takes until the stopped worker is given up and another one has finished its change: it still takes
 * tasks that nobody works on.
 */
const lateByMs = process.env['SLIPWAY_LONG'] ? 120_000 : 75_000;

const sandbox = openSandbox({ hasWorker: false });

describe('a worker that is stopped in a write', () => {
  it('has that write refused when another worker has finished the change meanwhile', async () => {
    const { runs, control } = sandbox;
    const estate = await sandbox.estate({ name: 'stopped' });
    const first = await sandbox.worker();
    // The third update of the service: fence, stage, shift.
    const fault = await control.addFault({
      method: 'Services/UpdateService',
      resource: estate.name,
      nth: 3,
      kind: 'delay',
      ms: lateByMs,
    });
    const run = await runs.start('deploy', estate.input('good'));
    await control.fired(fault);
    first.pause();
    await sandbox.worker();
    const { change, revision } = await run.result();
    first.resume();
    const late = await eventually(
      'the late write',
      async () => (await sandbox.calls()).find((call) => call.fault === 'delay'),
      lateByMs + 10_000,
    );
    expect(late).toMatchObject({ code: 'ABORTED', effect: 'none', markers: { change, step: 'shift' } });

    const shifts = effective(callsOf(await sandbox.calls(), change)).filter(
      (call) => call.markers.step === 'shift' && shortMethod(call) === 'Services/UpdateService',
    );
    expect(shifts).toHaveLength(1);
    expect(shifts[0]?.seq).toBeLessThan(late.seq);
    expect(await estate.served()).toMatchObject({ serving: [{ revision, percent: 100 }] });
    expectInvariants(await sandbox.calls());
  }, 240_000);
});
