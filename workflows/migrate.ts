import { describeCommit } from '../contract/artifact.ts';
import type { ServingRevision } from '../contract/live.ts';
import { migrateInput } from '../contract/inputs.ts';
import { schemaRoles } from '../contract/people.ts';
import type { ChangeResult } from '../contract/status.ts';
import { changeResult, runChange, type Change } from './change/change.ts';
import { compensate } from './change/compensate.ts';
import { enter } from './change/enter.ts';
import { finishChange } from './change/finish.ts';
import { migrate as runMigration } from './change/migration/migrate.ts';
import { planChange } from './change/plan.ts';
import { migrateSteps } from './change/step-lists.ts';
import { stampFence } from './change/steps/fence.ts';
import { smoke } from './change/steps/gates.ts';
import { smokeJobOfGate } from './change/steps/post-deploy-gate.ts';
import { readBack } from './change/steps/read-back.ts';
import { signOff } from './change/steps/sign-off.ts';
import { ending, isFailure, messageOf } from './run/failures.ts';

const definition = { kind: 'migrate', input: migrateInput } as const;

/** Runs migration and smoke gate again, for what serves now (runbook 001, section 6). */
export async function migrate(raw: unknown): Promise<ChangeResult> {
  return runChange(definition, raw, async (opened) => {
    const change = await planChange(opened, { artifact: null, steps: migrateSteps(opened.entry.settings) });
    const { revision } = requireOneRevision(change);
    try {
      // A rollback stops it at its next safe point, as it does a deploy; it hands over what it has run.
      return await change.interruption.interruptible(() => migrateLive(change, revision));
    } catch (error) {
      throw await compensate(change, error, { restores: [] });
    }
  });
}

async function migrateLive(change: Change, revision: string): Promise<ChangeResult> {
  await enter(change);
  await stampFence(change);
  await migrateUntilDecided(change, revision);
  await signOff(change, 'migration');
  const { url } = change.plan.snapshot.live;
  await smoke(change, 'smoke-live', url);
  await smokeJobOfGate(change, { revision, url });
  await readBack(change, { revision });
  await finishChange(change, { outcome: 'migrated', revision, verified: true });
  const { commit } = change.plan.artifact;
  return changeResult(change, `migrated for ${describeCommit(commit)} (revision ${revision})`, { revision });
}

/**
 * Migrates; what serves stays as it is, so there is nothing to restore. After an incompatible migration that failed
 * only the data owner knows where the schema is.
 */
async function migrateUntilDecided(change: Change, revision: string): Promise<void> {
  const { entry, run, schema } = change;
  for (;;) {
    try {
      return await runMigration(change, revision);
    } catch (error) {
      if (!schema.wayBackClosed || !isFailure(error, 'GateFailed')) throw error;
      const { decision, said } = await run.parking.ask({
        step: 'migrate',
        why:
          `${messageOf(error)}; an incompatible migration may have run in part. Look at the schema. Then either ` +
          'retry, or finish the migration by hand and send markDone',
        actions: ['retry', 'markDone', 'abort'],
        roles: schemaRoles(entry),
        isAboutSchema: true,
      });
      if (decision === 'markDone') return run.record.steps.end('migrate', 'passed', { detail: `by hand: ${said}` });
    }
  }
}

/** Requires one revision that has all the traffic: a split has no single image that a migration could match. */
function requireOneRevision({ entry, plan }: Change): ServingRevision {
  const { settings, service, environment } = entry;
  if (!settings.migration) throw ending('InvalidInput', `service: ${service} has no migration in ${environment}`);
  const [only, ...others] = plan.snapshot.live.serving.filter(({ percent }) => percent > 0);
  if (!only) throw ending('InvalidInput', `environment: nothing serves in ${environment} yet`);
  if (others.length > 0)
    throw ending(
      'InvalidInput',
      `environment: the traffic of ${environment} is split; give one revision all of it first`,
    );
  return only;
}
