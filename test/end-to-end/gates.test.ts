import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { callsOf, effective } from './call-log.ts';
import { expectInvariants } from './invariants.ts';
import { failureOf } from './runs.ts';
import { TestSandbox } from './sandbox.ts';

describe('gates', () => {
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

  it('never gives live traffic to a commit that fails its smoke', async () => {
    const { runs, platform } = sandbox;
    const estate = await sandbox.estate({ name: 'smoking' });
    const before = await estate.shape();
    const leave = await estate.users(10);
    const run = await runs.start('deploy', estate.input('fails-smoke'));
    expect(await failureOf(run)).toEqual({
      type: 'RolledBack',
      message: expect.stringContaining('/readyz answered 500'),
    });
    await leave();
    const { change } = await runs.status(run);
    expect(effective(callsOf(await sandbox.calls(), change)).map(({ markers }) => markers.step)).not.toContain('shift');
    const agents = await platform.requestsOf(`${estate.name}-${change}-a1`);
    expect(agents.length).toBeGreaterThan(0);
    expect(agents.filter((agent) => !agent.startsWith(`slipway-smoke/${change}`))).toEqual([]);
    expect(await estate.shape()).toEqual(before);
    expect((await estate.createRun()).status).toBe(201);
  });

  it(
    'rolls back, during the bake, what starts to fail under traffic, and refuses it again ' +
      'until the hold is lifted',
    async () => {
      const { runs } = sandbox;
      const estate = await sandbox.estate({
        name: 'leaking',
        place: (place) => {
          place.bake = { seconds: 30, everySeconds: 1, minRequests: 0, logsArriveWithinSeconds: 5 };
          place.variables = { ...place.variables, FAIL_AFTER_SECONDS: '2' };
        },
      });
      const before = await estate.shape();
      const leave = await estate.users(8);
      const run = await runs.start('deploy', estate.input('fails-under-traffic'));
      expect(await failureOf(run)).toEqual({ type: 'RolledBack', message: expect.stringContaining('the bake failed') });
      await leave();
      expect(await estate.shape()).toEqual(before);
      expect((await estate.createRun()).status).toBe(201);
      const { change } = await runs.status(run);
      const steps = effective(callsOf(await sandbox.calls(), change)).map(({ markers }) => markers.step);
      expect(steps).toContain('shift');
      expect(steps.indexOf('restore/traffic')).toBe(steps.indexOf('shift') + 1);

      const again = await runs.start('deploy', estate.input('fails-under-traffic'));
      expect(await failureOf(again)).toEqual({ type: 'OnHold', message: expect.stringContaining('the bake failed') });
      await runs.lift(estate.name, 'a test wants to see it');
      const planned = await runs.start('deploy', { ...estate.input('fails-under-traffic'), dryRun: true });
      expect((await planned.result()).outcome).toContain('planned');
    },
  );

  it('does not take the word of a candidate that exits at its start', async () => {
    const { runs } = sandbox;
    const estate = await sandbox.estate({ name: 'exiting' });
    const before = await estate.shape();
    const run = await runs.start('deploy', estate.input('exits-at-start'));
    expect(await failureOf(run)).toEqual({
      type: 'RolledBack',
      message: expect.stringContaining('did not become ready'),
    });
    expect(await estate.shape()).toEqual(before);
    expect((await estate.createRun()).status).toBe(201);
  });
});
