import { migrateInput } from '../contract/inputs.ts';
import { schemaRoles } from '../contract/people.ts';
import type { ChangeResult } from '../contract/status.ts';
import { signOff, withSignOffs } from './approvals/ask.ts';
import { stampFence, readBack } from './change/roll-out.ts';
import { Change } from './change/change.ts';
import { ending, isFailure, messageOf } from './run/failures.ts';
import { approveAndEnter, makePlan } from './change/enter.ts';
import { smoke } from './change/steps/gates.ts';
import { leave } from './change/finish.ts';
import { migrate as runMigration } from './change/steps/migrate.ts';
import { undo } from './change/compensate.ts';

const steps = ['queue', 'look-again', 'fence', 'sync-job', 'migrate', 'smoke-live', 'read-back', 'ledger'];

/** Migration and smoke gate again, for what serves now (runbook 001, section 6). */
export async function migrate(raw: unknown): Promise<ChangeResult> {
  const change = new Change('migrate');
  return change.conclude(async () => {
    await change.open(migrateInput, raw, ({ environment }) => environment);
    change.record.enter('planning');
    await makePlan(change, null, withSignOffs(steps, change.entry.settings));
    const serving = oneRevision(change);
    try {
      // A rollback stops it at its next safe point, as it does a deploy; it hands over what it has run.
      return await change.stopping.during(() => migrated(change, serving.revision));
    } catch (error) {
      throw await undo(change, error);
    }
  });
}

async function migrated(change: Change, revision: string): Promise<ChangeResult> {
  await approveAndEnter(change, null, withSignOffs(steps, change.entry.settings));
  await stampFence(change);
  await untilMigrated(change, revision);
  await signOff(change, 'migration', 'migrate');
  await smoke(change, 'smoke-live', change.snapshot.live.url);
  await readBack(change, revision);
  await leave(change, { outcome: 'migrated', revision, verified: true });
  return change.result(`migrated for ${revision}`, { revision, url: change.snapshot.live.url });
}

/**
 * What serves stays as it is, so there is nothing to restore; but after an incompatible migration that failed only
 * the data owner knows where the schema is.
 */
async function untilMigrated(change: Change, revision: string): Promise<void> {
  for (;;) {
    try {
      return await runMigration(change, revision);
    } catch (error) {
      if (!change.irreversible || !isFailure(error, 'GateFailed')) throw error;
      const why = `${messageOf(error)}; an incompatible migration may have run in part: look at the schema, then retry, or bring it to its end by hand and markDone`;
      const { action, by, note } = await change.parking.park(
        'migrate',
        why,
        ['retry', 'markDone', 'abort'],
        schemaRoles(change.entry),
      );
      if (action === 'abort')
        throw ending('Aborted', `migrate was given up by ${by}: ${note}; before that: ${messageOf(error)}`);
      if (action === 'markDone')
        return void change.record.end('migrate', 'passed', { detail: `by hand, by ${by}: ${note}` });
    }
  }
}

/** The revision that has all the traffic; a split has no single image that a migration could match. */
function oneRevision(change: Change) {
  const { settings, service, environment } = change.entry;
  if (!settings.migration) throw ending('InvalidInput', `service: ${service} has no migration in ${environment}`);
  const [only, ...others] = change.snapshot.live.serving.filter(({ percent }) => percent > 0);
  if (!only) throw ending('InvalidInput', `environment: nothing serves in ${environment} yet`);
  if (others.length > 0)
    throw ending(
      'InvalidInput',
      `environment: the traffic of ${environment} is split; give one revision all of it first`,
    );
  return only;
}
