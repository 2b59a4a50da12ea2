import { describe, expect, it } from 'vitest';
import { executionsStarted, expectInvariants } from '../end-to-end/invariants.ts';
import { owner } from '../end-to-end/runs.ts';
import { openSandbox } from '../end-to-end/stage.ts';
import { eventually } from '../until.ts';
import { killTemporal } from './kill-temporal.ts';

const sandbox = openSandbox();

describe('a Temporal server that is killed', () => {
  it('loses no run that waits for approval, no approval and no migration under way', async () => {
    const { runs } = sandbox;
    const estate = await sandbox.estate({
      name: 'server',
      place: (place) => {
        place.approvals = { required: [{ role: 'release-owner', count: 2 }], expiresAfterMinutes: 5 };
        place.variables = { ...place.variables, MIGRATION_PAUSE_MS: '3000' };
      },
    });
    const run = await runs.start('deploy', estate.input('good'));
    await runs.approve(run);
    await runs.until(run, ({ approvals }) => approvals.length === 1);
    await killTemporal(sandbox);
    const waiting = await runs.until(run, ({ phase }) => phase === 'approval', 90_000);
    expect(waiting.approvals).toMatchObject([{ by: owner }]);
    await runs.approve(run, 'release-deputy@example.com');
    await eventually(
      'the migration',
      async () => executionsStarted(await sandbox.calls(), waiting.change).length > 0,
      60_000,
    );
    await killTemporal(sandbox);
    const result = await eventually(
      'the end of the run',
      () => run.result().catch((error: unknown) => (isUnavailable(error) ? undefined : Promise.reject(error as Error))),
      120_000,
    );
    expect(result.outcome).toContain('released');
    const calls = await sandbox.calls();
    expect(executionsStarted(calls, result.change)).toHaveLength(1);
    expectInvariants(calls);
  }, 240_000);
});

/** gRPC UNAVAILABLE: the server is away, which says nothing of the run. */
function isUnavailable(error: unknown): boolean {
  return error instanceof Error && (('code' in error && error.code === 14) || isUnavailable(error.cause));
}
