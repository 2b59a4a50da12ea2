import { describe, expect, it } from 'vitest';
import { expectFailure } from '../expect-failure.ts';
import type { Place } from './estate.ts';
import { executionsStarted, expectParity } from './invariants.ts';
import { openSandbox } from './stage.ts';

const sandbox = openSandbox();

/** The gate of the sample's cluster, as a job of Cloud Run. */
const gateOf =
  (service: string, args: string[]) =>
  (place: Place): void => {
    if (place.target.kind === 'cloudRun') place.target = { ...place.target, smokeJob: `${service}-smoke` };
    place.postDeployGate = {
      nothingPending: ['migrations: nothing is pending'],
      smoke: {
        command: ['bin/openagents-runtime'],
        args,
        variables: { SMOKE_BASE_URL: '{url}', SMOKE_COMMIT: '{commit}' },
        timeoutSeconds: 60,
      },
    };
  };
const smoke = ['eval', 'OpenAgentsRuntime.Deploy.Smoke.run!()'];

/** Runbook 001, section 6, for Cloud Run: the deploy is not done before migration and smoke have run again. */
describe('a post-deploy gate on Cloud Run', () => {
  it('runs the migration job again and makes and runs a smoke job, in the image that serves', async () => {
    const { runs, platform } = sandbox;
    const estate = await sandbox.estate({ name: 'gated', place: gateOf('gated', smoke) });
    const run = await runs.start('deploy', estate.input('good'));
    const { change, postDeployGate } = await run.result();
    const started = executionsStarted(await sandbox.calls(), change);
    expect(started.map(({ markers }) => markers.step)).toEqual(['migrate', 'gate-migration', 'gate-smoke']);
    const image = await estate.image('good');
    const [smoked, ...others] = await platform.executions('gated-smoke');
    expect(others).toEqual([]);
    expect(smoked?.name).toContain(postDeployGate?.smoke);
    expect(smoked?.template?.containers?.[0]?.image).toBe(image);
    await expectParity(estate, 'good');
    const { steps } = await runs.status(run);
    const details = new Map(steps.map(({ name, detail }) => [name, detail]));
    expect(details.get('gate-migration')).toContain('migrations: nothing is pending');
    expect(details.get('gate-smoke')).toContain('smoke passed: health, readiness, runs');
    const { historyLength } = await run.describe();
    // A standard deploy has 150 at most (test/guards/history.test.ts); this one has further jobs.
    expect(historyLength).toBeLessThanOrEqual(175);

    const again = await runs.complete('migrate', { ...estate.input('good'), commit: undefined });
    const repeated = executionsStarted(await sandbox.calls(), again.change);
    expect(repeated.map(({ markers }) => markers.step)).toEqual(['migrate', 'gate-smoke']);
  });

  it('takes the deploy back when the smoke job fails, and puts the artifact on hold', async () => {
    const { runs } = sandbox;
    const args = ['eval', 'OpenAgentsRuntime.Deploy.Smoke.nothing!()'];
    const estate = await sandbox.estate({ name: 'ungated', place: gateOf('ungated', args) });
    const run = await runs.start('deploy', estate.input('good'));
    await expectFailure(run, 'RolledBack', /the smoke job failed: .*UndefinedFunctionError/);
    await expectParity(estate, 'baseline');
    expect((await runs.environment('ungated')).holds).toMatchObject([{ commit: estate.commit('good') }]);
  });
});
