import { CancellationScope, patched } from '@temporalio/workflow';
import type { MigrationRun } from '../../../contract/live.ts';
import { following, writing } from '../../run/activities.ts';
import type { Change } from '../change.ts';
import { ending, finalAnswer } from '../../run/failures.ts';
import { heedFreeze } from '../yield-to-freeze.ts';
import { step } from '../../run/step.ts';
import { frozen, preempted } from '../../lease/interruption.ts';
import { outcomeInTime } from './migration-deadline.ts';

/**
 * The migration of a change, with the invariant of runbook 000: the job's image equals the service's, read back
 * before and after, one execution a command; the older command only where this very execution says that the image
 * predates the newer one. It runs to its end even when the change is cancelled: a migration of unknown outcome is no
 * point to stop at.
 */
export async function migrate(change: Change, revision: string | null): Promise<void> {
  if (!change.entry.settings.migration) return;
  change.record.enter('migrating');
  const done = change.migrated?.plan === change.plan.hash ? change.migrated : null;
  await CancellationScope.nonCancellable(() =>
    done ? sameImageAgain(change, revision, done.execution) : runWithFallback(change, revision),
  );
  await safePoint();
  await heedFreeze(change);
}

async function runWithFallback(change: Change, revision: string | null): Promise<void> {
  const first = await runCommand(change, revision, false);
  if (first.outcome !== 'succeeded') {
    const { entry } = change;
    const { execution, startedAt } = first;
    const signs = await step(
      change,
      'fallback-signs',
      () => following('does the image predate the command?').findFallbackSignature({ entry, execution, startedAt }),
      {
        detail: ({ found, line }) =>
          found ? `the image predates the command: ${line}` : 'another failure: no fallback',
      },
    );
    if (!signs.found) throw finalAnswer(`the migration failed: ${describe(first)}`);
    const second = await runCommand(change, revision, true);
    if (second.outcome !== 'succeeded') throw finalAnswer(`the fallback migration failed, too: ${describe(second)}`);
  }
  const { migrations, hash } = change.plan;
  change.migrationsRun = migrations?.map(({ name }) => name) ?? [];
  change.migrated = { plan: hash, execution: first.execution };
}

/**
 * A second pass of the same plan, after a freeze: the command has run, so only the job gets the image again
 * (invariants I1 and I2).
 */
async function sameImageAgain(change: Change, revision: string | null, execution: string): Promise<void> {
  await syncJob(change, revision, '');
  change.record.end('migrate', 'passed', { detail: `has run already, as ${execution}` });
}

async function runCommand(change: Change, revision: string | null, fallback: boolean): Promise<MigrationRun> {
  const { entry, artifact } = change;
  const suffix = fallback ? '-fallback' : '';
  const ready = await syncJob(change, revision, suffix);
  if (!fallback) refuseWhenStopped(change);
  closeTheWayBack(change);
  const run = await step(
    change,
    `migrate${suffix}`,
    (attempt) => {
      const marker = change.marker(`migrate${suffix}`, attempt);
      return outcomeInTime(change, marker.step, () =>
        following(`run the migration${fallback ? ' (fallback command)' : ''}`).runMigration({
          entry,
          marker,
          artifact,
          ready,
          fallback,
        }),
      );
    },
    { detail: (result) => describe(result) },
  );
  if (run.digest !== artifact.digest)
    throw ending(
      'Drifted',
      `the execution ${run.execution} ran image ${run.digest}, not ${artifact.digest}: somebody changed the job`,
    );
  return run;
}

/**
 * Image of the job = image of the revision, read back (invariant I2). Answers the state that a run is conditional on.
 */
export async function syncJob(change: Change, revision: string | null, suffix: '' | '-fallback') {
  const { entry, artifact } = change;
  change.touched = true;
  return step(
    change,
    `sync-job${suffix}`,
    (attempt) =>
      writing('give the migration job the image').syncMigration({
        entry,
        marker: change.marker(`sync-job${suffix}`, attempt),
        artifact,
        revision,
      }),
    {
      detail: ({ job }) => `${job} has the image of ${revision ?? 'the artifact to stage'}`,
    },
  );
}

/** The last point at which a freeze or a rollback that has come meanwhile still finds nothing migrated. */
function refuseWhenStopped({ stopping: { frozenBy, preemptedBy } }: Change): void {
  if (preemptedBy && patched('yields-before-its-migration')) throw preempted(preemptedBy);
  if (frozenBy) throw frozen(frozenBy);
}

/**
 * From the moment an incompatible migration may have begun, the old code may not come back by itself (invariant I8).
 */
function closeTheWayBack(change: Change): void {
  const { migrations } = change.plan;
  if (migrations === null || migrations.some(({ compatibility }) => compatibility === 'incompatible'))
    change.irreversible = true;
}

function describe({ execution, outcome, reason, taskAttempts }: MigrationRun): string {
  return `${execution.split('/').at(-1) ?? execution} ${outcome}${reason ? ` (${reason})` : ''}, ${taskAttempts} task attempt${taskAttempts === 1 ? '' : 's'}`;
}

/** Here a cancellation that arrived meanwhile is honoured. */
async function safePoint(): Promise<void> {
  const scope = CancellationScope.current();
  if (scope.consideredCancelled) await scope.cancelRequested;
}
