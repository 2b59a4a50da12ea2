import { CancellationScope, isCancellation } from '@temporalio/workflow';
import { outcomeTypes, type OutcomeType } from '../../contract/failures.ts';
import { releasesArtifact } from '../../contract/plan.ts';
import { schemaRoles } from '../../contract/people.ts';
import { preempted } from '../lease/interruption.ts';
import { ending, isExpected, isFailure, messageOf } from '../run/failures.ts';
import { now } from '../run/journal.ts';
import type { Change } from './change.ts';
import type { Effect } from './effects.ts';
import { finishChange, type Finish, type Hold } from './finish.ts';
import { openIncident, recordStepBack } from './step-back.ts';
import { restoreSnapshot } from './steps/restore.ts';

/** Names the effects that a change takes back when it fails. A rollback takes back none: it stays where it is. */
export interface Compensation {
  restores: readonly Exclude<Effect, 'nothing'>[];
  /** Names another artifact that goes on hold: what a rollback leaves. */
  held?: Hold | null;
  /** Warning that stands wherever the end is shown. */
  warning?: string;
}

/** A change that failed, and how its end is written. */
interface FailedChange {
  change: Change;
  error: unknown;
  why: string;
  compensation: Compensation;
}

/** These say nothing against the artifact: it is taken back, but not put on hold. */
const blameless = ['Aborted', 'Superseded', 'OnHold', 'Frozen'] as const satisfies OutcomeType[];

/**
 * Compensates a change that holds the environment and cannot go on: nothing where nothing was written, a restore where
 * it was, a person where a restore is not ours to decide. Answers the failure that the run ends with.
 */
export async function compensate(change: Change, error: unknown, compensation: Compensation): Promise<unknown> {
  if (!isExpected(error)) return error;
  const failed = { change, error, why: messageOf(error), compensation };
  return CancellationScope.nonCancellable(async () => {
    try {
      return await chooseCompensation(failed);
    } catch (interruption) {
      // A rollback takes over while a person is asked, or while the restore itself waits.
      if (!(interruption instanceof Error) || !isFailure(interruption, 'Preempted')) throw interruption;
      return handOverToRollback(failed, interruption);
    }
  });
}

/** Says the warning in the failure that the run ends with, and in its timeline, too. */
export function withWarning({ run }: Change, failure: unknown, { warning }: Compensation): unknown {
  if (!warning || !isExpected(failure)) return failure;
  run.record.note(warning);
  const type = outcomeTypes.find((outcome) => isFailure(failure, outcome));
  return type ? ending(type, `${messageOf(failure)}; ${warning}`, failure) : failure;
}

async function chooseCompensation(failed: FailedChange): Promise<unknown> {
  const { change, error, why, compensation } = failed;
  const { effects, interruption, schema } = change;
  const { preemptedBy } = interruption;
  if (isFailure(error, 'StaleFence'))
    return ending('Preempted', `another change has taken the environment: ${why}`, error);
  if (isFailure(error, 'Drifted')) return leaveDrifted(failed);
  if (isFailure(error, 'Preempted')) return handOver(failed, why, error);
  if (preemptedBy && (effects.reached('candidate') || schema.wayBackClosed))
    return handOverToRollback(failed, preempted(preemptedBy));
  if (!compensation.restores.some((effect) => effects.reached(effect))) return leaveAsIs(failed);
  if (schema.wayBackClosed && isFailure(error, 'Aborted')) return abandon(failed, why);
  if (schema.wayBackClosed && !isFailure(error, 'RolledBack')) return askDataOwner(failed);
  return restoreAndFinish(failed, why);
}

/** Leaves what is there: nothing was written, or what was written is not to be taken back. */
async function leaveAsIs(failed: FailedChange): Promise<unknown> {
  const { change, error, why } = failed;
  const wrote = change.effects.reached('job');
  await finish(failed, {
    outcome: wrote ? why : `nothing was changed: ${why}`,
    why,
    revision: null,
    serves: wrote && change.kind === 'rollback' ? 'unknown' : 'unchanged',
  });
  return error;
}

/** Hands over to the rollback that preempted the change: nothing is restored. */
async function handOver(failed: FailedChange, outcome: string, failure: unknown, hold?: string): Promise<unknown> {
  await finish(failed, { outcome, revision: candidateOf(failed), serves: 'unknown', isPreempted: true, hold });
  return failure;
}

/** Hands a failed change over to the rollback that waits: what it would restore, or ask about, is the rollback's. */
async function handOverToRollback(failed: FailedChange, preemption: Error): Promise<unknown> {
  const { error } = failed;
  const why = `${preemption.message}; before that: ${failed.why}`;
  return handOver(
    failed,
    why,
    ending('Preempted', why, error),
    isFailure(error, 'GateFailed') ? blameOf(failed) : undefined,
  );
}

/** Leaves the target to whoever else wrote to it: a restore would overwrite their work. */
async function leaveDrifted(failed: FailedChange): Promise<unknown> {
  await finish(failed, { outcome: `drifted: ${failed.why}`, revision: candidateOf(failed), serves: 'unknown' });
  return ending('Drifted', failed.why, failed.error);
}

/** Stops where a person chose to stop: nothing more is touched. */
async function abandon(failed: FailedChange, why: string): Promise<unknown> {
  await finish(failed, { outcome: why, revision: candidateOf(failed), serves: 'unknown' });
  return ending('Aborted', why, failed.error);
}

/**
 * Asks who answers for the schema whether the old code may come back (invariant I8). A rollback takes over the wait.
 */
async function askDataOwner(failed: FailedChange): Promise<unknown> {
  const { entry, interruption, run } = failed.change;
  const ask = run.parking.ask({
    step: 'restore',
    why: `an incompatible migration may have run, so the old code is not restored automatically; ${failed.why}`,
    actions: ['abort', 'rollback'],
    roles: schemaRoles(entry),
    isAboutSchema: true,
    effects: {
      abort: 'leave the new code over the new schema, and end',
      rollback: 'bring the old code back, over the new schema',
    },
    safePoint: () => interruption.at({ onRollback: preempted }),
  });
  const answer = await ask.catch((failure: unknown) => {
    if (isFailure(failure, 'Aborted')) return { aborted: messageOf(failure) };
    throw failure;
  });
  if ('aborted' in answer) return abandon(failed, answer.aborted);
  return restoreAndFinish(failed, `${failed.why} (rolled back by decision of ${answer.by})`);
}

async function restoreAndFinish(failed: FailedChange, why: string): Promise<unknown> {
  const { change, error } = failed;
  change.run.record.enter('restoring');
  const isCancelled = isCancellation(error);
  const type = blameless.find((outcome) => isFailure(error, outcome)) ?? 'RolledBack';
  const hold = isCancelled || type !== 'RolledBack' ? undefined : blameOf(failed);
  const startedAt = now();
  const { revision, problem, serving, cause, serves } = await restoreSnapshot(change);
  if (hold !== undefined) recordStepBack(change, { why, startedAt, problem, serving });
  if (problem) {
    await finish(failed, {
      outcome: problem,
      why: `${why}; the ${problem}`,
      revision,
      serves,
      hold: cause ? blameOf(failed) : hold,
    });
    await openIncident(change);
    return ending('RestoreFailed', `${why}; the ${problem}`, cause ?? error);
  }
  const outcome = isCancelled
    ? 'cancelled and restored'
    : `${type === 'Frozen' ? 'taken back' : 'rolled back'}: ${why}`;
  await finish(failed, { outcome, why: isCancelled ? outcome : why, revision, serves, hold });
  await openIncident(change);
  return isCancelled ? error : ending(type, `${why}; restored: ${serving}`, error);
}

async function finish({ change, compensation }: FailedChange, end: Omit<Finish, 'verified'>): Promise<void> {
  const { held, warning } = compensation;
  const warned = (text: string): string => (warning ? `${text}; ${warning}` : text);
  const { outcome, why = outcome } = end;
  await finishChange(change, { ...end, outcome: warned(outcome), why: warned(why), held, verified: false });
}

/** Says why the artifact goes on hold; undefined where the change did not bring it, and so cannot blame it. */
function blameOf({ change, why }: FailedChange): string | undefined {
  return releasesArtifact(change.kind) ? why : undefined;
}

function candidateOf({ change }: FailedChange): string | null {
  return change.effects.candidate?.revision ?? null;
}
