import { CancellationScope, isCancellation, patched } from '@temporalio/workflow';
import type { Served } from '../../contract/ledger.ts';
import type { ReadBack } from '../../contract/live.ts';
import { schemaRoles } from '../../contract/people.ts';
import { writing } from '../run/activities.ts';
import type { Change } from './change.ts';
import { ending, isExpected, isFailure, messageOf } from '../run/failures.ts';
import { leave } from './finish.ts';
import { step } from '../run/step.ts';
import { preempted } from '../lease/interruption.ts';

/**
 * What follows when a change that holds the environment cannot go on: nothing where nothing was written, a restore
 * where it was, a person where a restore is not ours to decide. Answers the failure that the run ends with.
 */
export async function undo(change: Change, error: unknown): Promise<unknown> {
  if (!isExpected(error)) return error;
  return CancellationScope.nonCancellable(() => undone(change, error));
}

async function undone(change: Change, error: unknown): Promise<unknown> {
  const why = messageOf(error);
  if (isFailure(error, 'StaleFence'))
    return ending('Preempted', `another change has taken the environment: ${why}`, error);
  if (isFailure(error, 'Drifted')) return drifted(change, why, error);
  if (isFailure(error, 'Preempted')) {
    await leave(change, {
      outcome: why,
      revision: change.candidate?.revision ?? '',
      verified: false,
      serves: null,
      preempted: true,
    });
    return error;
  }
  const { preemptedBy } = change.stopping;
  if (preemptedBy && (change.mutated || change.irreversible) && patched('a-failure-on-the-way-yields'))
    return yielded(change, preempted(preemptedBy), error);
  if (!change.mutated) {
    await leave(change, {
      outcome: change.touched ? why : `nothing was changed: ${why}`,
      revision: '',
      verified: false,
      serves: change.touched && change.kind === 'rollback' ? null : undefined,
    });
    return error;
  }
  if (change.irreversible && isFailure(error, 'Aborted')) return leftAsItIs(change, why, error);
  if (change.irreversible && !isFailure(error, 'RolledBack')) return dataOwnerDecides(change, why, error);
  return restored(change, why, error);
}

/** It failed while a rollback waits: what it would restore, or ask about, is the rollback's. */
async function yielded(change: Change, preemption: Error, error: unknown): Promise<unknown> {
  const why = `${preemption.message}; before that: ${messageOf(error)}`;
  await leave(change, {
    outcome: why,
    revision: change.candidate?.revision ?? '',
    verified: false,
    serves: null,
    preempted: true,
    hold: isFailure(error, 'GateFailed') ? messageOf(error) : undefined,
  });
  return ending('Preempted', why, error);
}

/** Somebody else wrote to the target: a restore would overwrite their work. */
async function drifted(change: Change, why: string, error: unknown): Promise<unknown> {
  await leave(change, {
    outcome: `drifted: ${why}`,
    revision: change.candidate?.revision ?? '',
    verified: false,
    serves: null,
  });
  return ending('Drifted', why, error);
}

async function dataOwnerDecides(change: Change, why: string, error: unknown): Promise<unknown> {
  change.dataOwnerDecides = true;
  try {
    const { action, by } = await change.parking.park(
      'restore',
      `an incompatible migration may have run, so the old code may not come back by itself; ${why}`,
      ['abort', 'rollback'],
      schemaRoles(change.entry),
    );
    change.dataOwnerDecides = false;
    if (action === 'rollback') return await restored(change, `${why} (rolled back by decision of ${by})`, error);
    return await leftAsItIs(change, `given up by ${by}: ${why}`, error);
  } catch (interruption) {
    if (!change.dataOwnerDecides || !(interruption instanceof Error) || !isFailure(interruption, 'Preempted'))
      throw interruption;
    change.dataOwnerDecides = false;
    return yielded(change, interruption, error);
  }
}

/** A person chose to stop here: nothing more is touched. */
async function leftAsItIs(change: Change, why: string, error: unknown): Promise<unknown> {
  await leave(change, { outcome: why, revision: change.candidate?.revision ?? '', verified: false, serves: null });
  return ending('Aborted', why, error);
}

async function restored(change: Change, why: string, error: unknown): Promise<unknown> {
  change.record.enter('restoring');
  const cancelled = isCancellation(error);
  // These say nothing against the artifact: it is taken back, but not held.
  const type =
    (['Aborted', 'Superseded', 'OnHold', 'Frozen'] as const).find((outcome) => isFailure(error, outcome)) ??
    'RolledBack';
  const hold = cancelled || type !== 'RolledBack' ? undefined : why;
  const { revision, problem, said, cause, serves } = await putBack(change);
  if (problem) {
    await leave(change, { outcome: problem, revision, verified: false, serves, hold: cause ? why : hold });
    return ending('RestoreFailed', `${why}; the ${problem}`, cause ?? error);
  }
  await leave(change, {
    outcome: cancelled ? 'cancelled and restored' : `${type === 'Frozen' ? 'taken back' : 'rolled back'}: ${why}`,
    revision,
    verified: false,
    serves,
    hold,
  });
  return cancelled ? error : ending(type, `${why}; restored: ${said}`, error);
}

interface PutBack {
  revision: string;
  serves: Served | null;
  /** What serves, in words. */
  said: string;
  /** Why the snapshot is not back, to be read after "the"; empty when it is. */
  problem: string;
  cause?: unknown;
}

/** Puts the snapshot back and says what serves then, or why it is not back. */
export async function putBack(change: Change): Promise<PutBack> {
  const { entry, snapshot, candidate } = change;
  try {
    const readBack = await step(
      change,
      'restore',
      (attempt) =>
        writing('back to the state before').restore({
          entry,
          marker: change.marker('restore', attempt),
          snapshot,
          candidate: candidate?.revision ?? null,
        }),
      {
        detail: (result) => describe(result),
        lastResort: true,
      },
    );
    const { live, problems } = readBack;
    change.restoredTo(live);
    const [serves = null] = problems.length > 0 ? [] : live.serving;
    return {
      revision: live.serving[0]?.revision ?? '',
      serves,
      said: describe(readBack),
      problem: problems.length > 0 ? `restore is incomplete: ${problems.join('; ')}` : '',
    };
  } catch (failure) {
    if (!isExpected(failure)) throw failure;
    return { revision: '', serves: null, said: '', problem: `restore failed: ${messageOf(failure)}`, cause: failure };
  }
}

function describe({ live }: ReadBack): string {
  if (!live.exists) return 'the service does not exist, as before';
  return live.serving.map(({ revision, percent }) => `${revision} serves ${percent} %`).join(', ');
}
