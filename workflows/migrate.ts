import { migrateInput } from '../contract/inputs.ts';
import type { ChangeResult } from '../contract/status.ts';
import { stampFence, readBack } from './lib/carryOut.ts';
import { Change } from './lib/change.ts';
import { ending } from './lib/ending.ts';
import { approveAndEnter, makePlan } from './lib/entering.ts';
import { smoke } from './lib/gates.ts';
import { leave } from './lib/leaving.ts';
import { migrate as runMigration } from './lib/migration.ts';
import { undo } from './lib/undo.ts';

const steps = ['queue', 'look-again', 'fence', 'sync-job', 'migrate', 'smoke-live', 'read-back', 'ledger'];

/** Migration and smoke gate again, for what serves now (runbook 001, section 6). */
export async function migrate(raw: unknown): Promise<ChangeResult> {
  const change = new Change('migrate');
  return change.conclude(async () => {
    await change.open(migrateInput, raw, ({ environment }) => environment);
    change.record.enter('planning');
    await makePlan(change, null, steps);
    const serving = oneRevision(change);
    try {
      await approveAndEnter(change, null, steps);
      await stampFence(change);
      await runMigration(change, serving.revision);
      await smoke(change, 'smoke-live', change.snapshot.live.url);
      await readBack(change, serving.revision);
      await leave(change, { outcome: 'migrated', revision: serving.revision, verified: true });
      return change.result(`migrated for ${serving.revision}`, { revision: serving.revision, url: change.snapshot.live.url });
    } catch (error) {
      throw await undo(change, error);
    }
  });
}

/** The revision that has all the traffic; a split has no single image that a migration could match. */
function oneRevision(change: Change) {
  const { place, service, environment } = change.entry;
  if (!place.migration) throw ending('InvalidInput', `service: ${service} has no migration in ${environment}`);
  const [only, ...others] = change.snapshot.live.serving.filter(({ percent }) => percent > 0);
  if (!only) throw ending('InvalidInput', `environment: nothing serves in ${environment} yet`);
  if (others.length > 0) throw ending('InvalidInput', `environment: the traffic of ${environment} is split; give one revision all of it first`);
  return only;
}
