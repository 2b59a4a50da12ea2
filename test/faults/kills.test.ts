import { describe, expect, it } from 'vitest';
import type { Place } from '../end-to-end/estate.ts';
import { executionsStarted, expectInvariants } from '../end-to-end/invariants.ts';
import { openSandbox } from '../end-to-end/stage.ts';
import { evidenced, evidenceRefused } from './evidence-flows.ts';
import { deployed, promoted, releasedAgain, rolledBack } from './flows.ts';
import { killedInTheMiddle, type Arrest } from './kill-batch.ts';
import { rotated, rotationRefused } from './rotation-flows.ts';

const slowMigration = (place: Place): void => {
  place.variables = { ...place.variables, MIGRATION_PAUSE_MS: '4000' };
};

/** Updates of a deploy's job: the fence, the sync, and the one that starts the execution. */
const startOfMigration = 3;

const sandbox = openSandbox({ hasWorker: false });

describe('a worker that is killed', () => {
  it('before, during and after the calls that change something, and while what they started runs', async () => {
    await sandbox.control.tune({ operationMs: 1_500 });
    const arrests: Omit<Arrest, 'name' | 'flow'>[] = [
      { fault: { method: 'Jobs/UpdateJob', nth: startOfMigration, kind: 'hang' } },
      { fault: { method: 'Jobs/UpdateJob', nth: startOfMigration, kind: 'lost' } },
      { fault: { method: 'Services/UpdateService', nth: 1, kind: 'lost' } },
      { fault: { method: 'Services/UpdateService', nth: 2, kind: 'delay', ms: 6_000 } },
      { fault: { method: 'Services/UpdateService', nth: 3, kind: 'lost' } },
      { fault: { method: 'Jobs/UpdateJob', nth: 2, kind: 'lost' } },
      { after: { method: 'Jobs/UpdateJob', step: 'migrate' }, place: slowMigration },
    ];
    await killedInTheMiddle(sandbox, named(arrests.map((arrest) => ({ flow: deployed, ...arrest }))));
  }, 240_000);

  it('while a promotion or a rollback writes', async () => {
    await killedInTheMiddle(
      sandbox,
      named([
        { flow: promoted, fault: { method: 'Services/UpdateService', nth: 2, kind: 'lost' } },
        { flow: rolledBack, fault: { method: 'Services/UpdateService', nth: 2, kind: 'delay', ms: 6_000 } },
        { flow: rolledBack, fault: { method: 'Jobs/UpdateJob', kind: 'lost' } },
        { flow: releasedAgain, fault: { method: 'Services/UpdateService', nth: 2, kind: 'lost' } },
      ]),
    );
  }, 240_000);

  it('while secrets are rotated or evidence is gathered, and while a no takes it back', async () => {
    const disable = 'google.cloud.secretmanager.v1.SecretManagerService/DisableSecretVersion';
    await killedInTheMiddle(
      sandbox,
      named([
        { flow: rotated, fault: { method: 'Services/UpdateService', nth: 3, kind: 'delay', ms: 6_000 } },
        { flow: rotated, fault: { method: 'Jobs/UpdateJob', nth: 2, kind: 'lost' } },
        { flow: rotated, fault: { method: disable, nth: 1, kind: 'lost' } },
        { flow: rotated, fault: { method: disable, nth: 2, kind: 'delay', ms: 6_000 } },
        { flow: rotationRefused, fault: { method: 'Services/UpdateService', nth: 3, kind: 'lost' } },
        { flow: evidenced, fault: { method: 'Jobs/UpdateJob', nth: startOfMigration + 1, kind: 'lost' } },
        { flow: evidenced, fault: { method: 'Jobs/UpdateJob', nth: startOfMigration + 3, kind: 'hang' } },
        { flow: evidenceRefused, fault: { method: 'Services/UpdateService', nth: 3, kind: 'lost' } },
      ]),
    );
  }, 240_000);

  it('while the platform brings the candidate up', async () => {
    await sandbox.control.tune({ operationMs: 4_000 });
    await killedInTheMiddle(sandbox, [
      { flow: deployed, name: 'staging', after: { method: 'Services/UpdateService', step: 'stage' } },
    ]);
  }, 120_000);

  it('is not needed for the answer of the run call to be lost, nor for the listing to lag', async () => {
    await sandbox.control.tune({ listLagMs: 8_000 });
    const worker = await sandbox.worker();
    const estate = await sandbox.estate({ name: 'lost' });
    await sandbox.control.addFault({
      method: 'Jobs/UpdateJob',
      nth: startOfMigration,
      resource: estate.name,
      kind: 'lost',
    });
    const { change } = await sandbox.runs.complete('deploy', estate.input('good'));
    const calls = await sandbox.calls();
    expect(executionsStarted(calls, change)).toHaveLength(1);
    expectInvariants(calls);
    await worker.stop();
  }, 120_000);
});

/** Of equal length, as a batch needs them. */
function named(arrests: Omit<Arrest, 'name'>[]): Arrest[] {
  const batch = arrests[0]?.flow.name ?? '';
  return arrests.map((arrest, index) => ({ name: `kill-${batch}-${index}`, ...arrest }));
}
