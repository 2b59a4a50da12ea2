import { CancellationScope } from '@temporalio/workflow';
import type { EarlierRun, JobReady } from '../../../activities/ports/target.ts';
import type { JobRun } from '../../../contract/live.ts';
import { countOf } from '../../../contract/plan.ts';
import { cancellationPoint, frozen, preempted } from '../../lease/interruption.ts';
import { following, writing } from '../../run/activities.ts';
import { ending, finalAnswer } from '../../run/failures.ts';
import type { Change } from '../change.ts';
import { heedFreeze } from '../yield-to-freeze.ts';
import { changeStep } from '../steps/change-step.ts';
import { withDeadline, yieldUndecided } from './deadline.ts';
import { syncJob, syncJobForFallback } from './sync-job.ts';

const commands = { migrate: migrateStep('migrate'), 'migrate-fallback': migrateStep('migrate-fallback') };

const findFallbackSignature = changeStep<JobRun, { found: boolean; line: string }>({
  name: 'fallback-signs',
  run: ({ entry }, { execution, startedAt }) =>
    following('check whether the image is older than the command').findFallbackSignature({
      entry,
      execution,
      startedAt,
    }),
  detail: ({ found, line }) =>
    found ? `the image is older than the command: ${line}` : 'a different failure, so no fallback',
  yieldsAtStandstill: true,
  safePoint: (change, why) => yieldUndecided(change, 'fallback-signs', why),
});

/**
 * Migrates with the invariant of runbook 000: the job's image equals the service's, read back before and after, one
 * execution a command; the older command only where this very execution says that the image predates the newer one.
 * It runs to its end even when the change is cancelled: a migration of unknown outcome is no point to stop at.
 * Without a revision nothing is staged yet.
 */
export async function migrate(change: Change, revision: string | null): Promise<void> {
  const { run, entry, plan, schema } = change;
  if (!entry.settings.migration) return;
  run.record.enter('migrating');
  const execution = schema.completedFor(plan.hash);
  await CancellationScope.nonCancellable(() =>
    execution === null ? runWithFallback(change, revision) : syncJobAgain(change, revision, execution),
  );
  await cancellationPoint();
  await heedFreeze(change);
}

async function runWithFallback(change: Change, revision: string | null): Promise<void> {
  const { plan, schema } = change;
  const ready = await syncJob(change, { revision });
  stopBeforeMigration(change);
  schema.mayRun(plan.migrations);
  const first = await runStep(change, 'migrate', { ready, revision });
  const fallback = first.outcome !== 'succeeded';
  if (fallback) await runFallback(change, revision, first);
  schema.complete(plan, first.execution, { fallback });
}

/** Runs the older command where the log of the first execution says that the image does not know the newer one. */
async function runFallback(change: Change, revision: string | null, first: JobRun): Promise<void> {
  const { found } = await findFallbackSignature(change, first);
  if (!found) throw failedFor(change, first, 'the migration failed');
  const ready = await syncJobForFallback(change, { revision });
  const second = await runStep(change, 'migrate-fallback', { ready, revision });
  if (second.outcome !== 'succeeded') throw failedFor(change, second, 'the fallback migration failed, too');
}

/** Runs one of the commands. Its step has failed when the command has, also where the older one mends that. */
async function runStep(change: Change, name: keyof typeof commands, args: MigrateArgs): Promise<JobRun> {
  const done = requireOwnImage(change, await commands[name](change, args));
  if (done.outcome !== 'succeeded') change.run.record.steps.end(name, 'failed', { error: describeRun(done) });
  return done;
}

function failedFor({ schema }: Change, failed: JobRun, what: string): Error {
  schema.fail(failed);
  return finalAnswer(`${what}: ${describeRun(failed)}`);
}

/** Gives the job its image again in a second pass of the same plan: the command has run (invariants I1 and I2). */
async function syncJobAgain(change: Change, revision: string | null, execution: string): Promise<void> {
  await syncJob(change, { revision });
  change.run.record.steps.end('migrate', 'passed', { detail: `has run already, as ${execution}` });
}

/** Stops at the last point at which a freeze or a rollback still finds nothing migrated. */
export function stopBeforeMigration({ interruption }: Pick<Change, 'interruption'>): void {
  const stop = interruption.at({ onRollback: preempted, onFreeze: frozen });
  if (stop) throw stop;
}

/** Requires that an execution ran the image of the plan (invariant I2). */
export function requireOwnImage({ plan: { artifact } }: Pick<Change, 'plan'>, run: JobRun): JobRun {
  if (run.digest === artifact.digest) return run;
  const what = `the execution ${run.execution} ran image ${run.digest}, not ${artifact.digest}`;
  throw ending('Drifted', `${what}: somebody changed the job`);
}

interface MigrateArgs {
  ready: JobReady;
  revision: string | null;
}

/**
 * Runs one command. When a person has it repeated, the job is synced again, since its state may have moved; an
 * execution of an earlier attempt is followed then, because nobody saw what became of it.
 */
function migrateStep(name: 'migrate' | 'migrate-fallback') {
  const fallback = name === 'migrate-fallback';
  return (change: Change, args: MigrateArgs): Promise<JobRun> => {
    const earlier: EarlierRun[] = [];
    return changeStep<MigrateArgs, JobRun>({
      name,
      run: async ({ entry, plan: { artifact } }, { ready, revision }, mark) => {
        const sync = { entry, artifact, revision, ...(fallback && { fallback }) };
        const isAgain = earlier.length > 0 && change.run.standstill.isSaid;
        const synced = isAgain
          ? await writing('give the migration job the image again').syncMigration({ ...sync, marker: mark() })
          : ready;
        const marker = mark();
        const request = { entry, marker, artifact, ready: synced, fallback, ...(isAgain && { earlier: [...earlier] }) };
        earlier.push({ attempt: marker.attempt, ready: synced });
        const summary = `run the migration${fallback ? ' (fallback command)' : ''}`;
        return withDeadline(change, name, () => following(summary).runMigration(request));
      },
      detail: describeRun,
      safePoint: (_change, why) => yieldUndecided(change, name, why),
    })(change, args);
  };
}

function describeRun({ execution, outcome, reason, taskAttempts }: JobRun): string {
  const name = execution.split('/').at(-1) ?? execution;
  const attempts = countOf(taskAttempts, 'task attempt');
  return `${name} ${outcome}${reason ? ` (${reason})` : ''}, ${attempts}`;
}
