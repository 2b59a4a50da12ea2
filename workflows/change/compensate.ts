import { CancellationScope, isCancellation } from '@temporalio/workflow';
import type { OutcomeType } from '../../contract/failures.ts';
import { schemaRoles } from '../../contract/people.ts';
import { preempted } from '../lease/interruption.ts';
import { ending, isExpected, isFailure, messageOf } from '../run/failures.ts';
import type { Change } from './change.ts';
import type { Effect } from './effects.ts';
import { finishChange } from './finish.ts';
import { restoreSnapshot } from './steps/restore.ts';

/** Names the effects that a change takes back when it fails. A rollback takes back none: it stays where it is. */
export interface Compensation {
  restores: readonly Exclude<Effect, 'nothing'>[];
}

/** These say nothing against the artifact: it is taken back, but not put on hold. */
const blameless = ['Aborted', 'Superseded', 'OnHold', 'Frozen'] as const satisfies OutcomeType[];

/**
 * Compensates a change that holds the environment and cannot go on: nothing where nothing was written, a restore where
 * it was, a person where a restore is not ours to decide. Answers the failure that the run ends with.
 */
export async function compensate(change: Change, error: unknown, compensation: Compensation): Promise<unknown> {
  if (!isExpected(error)) return error;
  return CancellationScope.nonCancellable(async () => {
    try {
      return await chooseCompensation(change, error, compensation);
    } catch (interruption) {
      // A rollback takes over while a person is asked, or while the restore itself waits.
      if (!(interruption instanceof Error) || !isFailure(interruption, 'Preempted')) throw interruption;
      return handOverToRollback(change, interruption, error);
    }
  });
}

async function chooseCompensation(change: Change, error: unknown, { restores }: Compensation): Promise<unknown> {
  const { effects, interruption, schema } = change;
  const why = messageOf(error);
  if (isFailure(error, 'StaleFence'))
    return ending('Preempted', `another change has taken the environment: ${why}`, error);
  if (isFailure(error, 'Drifted')) return leaveDrifted(change, why, error);
  if (isFailure(error, 'Preempted')) return handOver(change, why, error);
  if (interruption.preemptedBy && (effects.reached('candidate') || schema.wayBackClosed))
    return handOverToRollback(change, preempted(interruption.preemptedBy), error);
  if (!restores.some((effect) => effects.reached(effect))) return leaveAsIs(change, why, error);
  if (schema.wayBackClosed && isFailure(error, 'Aborted')) return abandon(change, why, error);
  if (schema.wayBackClosed && !isFailure(error, 'RolledBack')) return askDataOwner(change, why, error);
  return restoreAndFinish(change, why, error);
}

/** Leaves what is there: nothing was written, or what was written is not to be taken back. */
async function leaveAsIs(change: Change, why: string, error: unknown): Promise<unknown> {
  const { effects, kind } = change;
  const wrote = effects.reached('job');
  await finishChange(change, {
    outcome: wrote ? why : `nothing was changed: ${why}`,
    revision: '',
    verified: false,
    serves: wrote && kind === 'rollback' ? null : undefined,
  });
  return error;
}

/** Hands over to the rollback that preempted the change: nothing is restored. */
async function handOver(change: Change, why: string, error: unknown, hold?: string): Promise<unknown> {
  const revision = change.effects.candidate?.revision ?? '';
  await finishChange(change, { outcome: why, revision, verified: false, serves: null, isPreempted: true, hold });
  return error;
}

/** Hands a failed change over to the rollback that waits: what it would restore, or ask about, is the rollback's. */
async function handOverToRollback(change: Change, preemption: Error, error: unknown): Promise<unknown> {
  const why = `${preemption.message}; before that: ${messageOf(error)}`;
  const hold = isFailure(error, 'GateFailed') ? messageOf(error) : undefined;
  return handOver(change, why, ending('Preempted', why, error), hold);
}

/** Leaves the target to whoever else wrote to it: a restore would overwrite their work. */
async function leaveDrifted(change: Change, why: string, error: unknown): Promise<unknown> {
  const revision = change.effects.candidate?.revision ?? '';
  await finishChange(change, { outcome: `drifted: ${why}`, revision, verified: false, serves: null });
  return ending('Drifted', why, error);
}

/** Stops where a person chose to stop: nothing more is touched. */
async function abandon(change: Change, why: string, error: unknown): Promise<unknown> {
  const revision = change.effects.candidate?.revision ?? '';
  await finishChange(change, { outcome: why, revision, verified: false, serves: null });
  return ending('Aborted', why, error);
}

/** Asks who answers for the schema whether the old code may come back (invariant I8). A rollback takes over the wait. */
async function askDataOwner(change: Change, why: string, error: unknown): Promise<unknown> {
  const { entry, interruption, run } = change;
  const ask = run.parking.ask({
    step: 'restore',
    why: `an incompatible migration may have run, so the old code may not come back by itself; ${why}`,
    actions: ['abort', 'rollback'],
    roles: schemaRoles(entry),
    safePoint: () => interruption.at({ onRollback: preempted }),
  });
  const answer = await ask.catch((failure: unknown) => {
    if (isFailure(failure, 'Aborted')) return { aborted: messageOf(failure) };
    throw failure;
  });
  if ('aborted' in answer) return abandon(change, answer.aborted, error);
  return restoreAndFinish(change, `${why} (rolled back by decision of ${answer.by})`, error);
}

async function restoreAndFinish(change: Change, why: string, error: unknown): Promise<unknown> {
  change.run.record.enter('restoring');
  const isCancelled = isCancellation(error);
  const type = blameless.find((outcome) => isFailure(error, outcome)) ?? 'RolledBack';
  const hold = isCancelled || type !== 'RolledBack' ? undefined : why;
  const { revision, problem, serving, cause, serves } = await restoreSnapshot(change);
  if (problem) {
    await finishChange(change, { outcome: problem, revision, verified: false, serves, hold: cause ? why : hold });
    return ending('RestoreFailed', `${why}; the ${problem}`, cause ?? error);
  }
  const outcome = `${type === 'Frozen' ? 'taken back' : 'rolled back'}: ${why}`;
  await finishChange(change, {
    outcome: isCancelled ? 'cancelled and restored' : outcome,
    revision,
    verified: false,
    serves,
    hold,
  });
  return isCancelled ? error : ending(type, `${why}; restored: ${serving}`, error);
}
