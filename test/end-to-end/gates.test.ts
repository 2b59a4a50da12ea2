import { describe, expect, it } from 'vitest';
import { queryNames } from '../../contract/messages.ts';
import type { ChangeStatus } from '../../contract/status.ts';
import { expectFailure } from '../expect-failure.ts';
import { openSandbox } from './stage.ts';

const sandbox = openSandbox();

describe('gates', () => {
  it('never give live traffic to a commit that fails its smoke', async () => {
    const { runs, platform } = sandbox;
    const estate = await sandbox.estate({ name: 'smoking' });
    const before = await estate.shape();
    const leave = await estate.users(10);
    const run = await runs.start('deploy', estate.input('fails-smoke'));
    await expectFailure(run, 'RolledBack', '/ready answered 500');
    await leave();
    const { change } = await runs.status(run);
    expect(await sandbox.stepsWritten(change)).not.toContain('shift');
    const agents = await platform.requestsOf(`${estate.name}-${change}-a1`);
    expect(agents.length).toBeGreaterThan(0);
    expect(agents.filter((agent) => !agent.startsWith(`slipway-smoke/${change}`))).toEqual([]);
    expect(await estate.shape()).toEqual(before);
    expect((await estate.createRun()).status).toBe(201);
  });

  it('roll back in the bake what fails under traffic, and hold it until a person lifts that', async () => {
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
    await expectFailure(run, 'RolledBack', 'the bake failed');
    await leave();
    expect(await estate.shape()).toEqual(before);
    expect((await estate.createRun()).status).toBe(201);
    const { change } = await runs.status(run);
    const steps = await sandbox.stepsWritten(change);
    expect(steps).toContain('shift');
    expect(steps.indexOf('restore/traffic')).toBe(steps.indexOf('shift') + 1);

    const again = await runs.start('deploy', estate.input('fails-under-traffic'));
    await expectFailure(again, 'OnHold', 'the bake failed');
    await runs.lift(estate.name, 'a test wants to see it');
    const planned = await runs.start('deploy', { ...estate.input('fails-under-traffic'), dryRun: true });
    expect((await planned.result()).outcome).toContain('planned');
  });

  it('do not take the word of a candidate that exits at its start', async () => {
    const { runs } = sandbox;
    const estate = await sandbox.estate({ name: 'exiting' });
    const before = await estate.shape();
    const run = await runs.start('deploy', estate.input('exits-at-start'));
    await expectFailure(run, 'RolledBack', 'did not become ready');
    const { diagnosis } = await run.query<ChangeStatus>(queryNames.status);
    // The first is in the log of the new revision, the second in the platform's message.
    expect(diagnosis).toMatchObject([
      { name: 'missingSetting', seen: expect.stringContaining('required configuration is missing') },
      { name: 'port', seen: expect.stringContaining('failed to start and listen on the port') },
    ]);
    expect(await estate.shape()).toEqual(before);
    expect((await estate.createRun()).status).toBe(201);
  });
});
