import type { ServesAfter } from '../../../contract/ledger.ts';
import {
  describeShare,
  type LiveState,
  type ReadBack,
  type ServingRevision,
  type Snapshot,
} from '../../../contract/live.ts';
import { preempted } from '../../lease/interruption.ts';
import { writing } from '../../run/activities.ts';
import { ending, isExpected, isFailure, messageOf } from '../../run/failures.ts';
import type { Change } from '../change.ts';
import { changeStep } from './change-step.ts';

interface RestoreRequest {
  snapshot: Snapshot;
  /** Revision that is left, if one was staged. */
  candidate: string | null;
  /** Names what it goes back to, for the list of activities. */
  summary: string;
}

/**
 * Restores a snapshot: traffic first, then template and job. It never gives up by itself. While it waits for a person,
 * or for a platform that does not answer, a rollback may take over: the fence makes that safe.
 */
export const restore = changeStep<RestoreRequest, ReadBack>({
  name: 'restore',
  effect: 'traffic',
  run: ({ entry, plan: { forced } }, { snapshot, candidate, summary }, mark) =>
    writing(summary).restore({ entry, marker: mark(), snapshot, candidate, forced }),
  detail: ({ live }) => describeServing(live),
  isLastResort: true,
  yieldsAtStandstill: true,
  safePoint: ({ interruption, kind }) => (kind === 'rollback' ? null : interruption.at({ onRollback: preempted })),
});

/** Describes what serves, in one line. */
function describeServing({ exists, serving }: LiveState): string {
  if (!exists) return 'the service does not exist, as before';
  return serving.map(describeShare).join(', ');
}

/** Says what serves after a restore, or why the snapshot is not back. */
export interface Restored {
  revision: string | null;
  serves: ServesAfter;
  /** Describes what serves. */
  serving: string;
  /** Says why the snapshot is not back, to be read after "the"; empty when it is. */
  problem: string;
  cause?: unknown;
}

/** Puts the snapshot of the plan back. A rollback that takes over ends it as `Preempted`. */
export async function restoreSnapshot(change: Change): Promise<Restored> {
  const { plan, effects } = change;
  const candidate = effects.candidate?.revision ?? null;
  const request = { snapshot: plan.snapshot, candidate, summary: 'restore the state from before the change' };
  try {
    const { live, problems } = await restore(change, request);
    plan.aliasRestoredRevision(live);
    const isWhole = problems.length === 0;
    const [first] = live.serving;
    return {
      revision: first?.revision ?? null,
      serves: !isWhole ? 'unknown' : first ? servedOf(first) : 'unchanged',
      serving: describeServing(live),
      problem: isWhole ? '' : `restore is incomplete: ${problems.join('; ')}`,
    };
  } catch (failure) {
    if (!isExpected(failure) || isFailure(failure, 'Preempted')) throw failure;
    // Whoever has the environment now answers for it: nothing of ours is broken.
    if (isFailure(failure, 'StaleFence'))
      throw ending('Preempted', `another change has taken the environment: ${messageOf(failure)}`, failure);
    const problem = `restore failed: ${messageOf(failure)}`;
    return { revision: null, serves: 'unknown', serving: '', problem, cause: failure };
  }
}

function servedOf({ revision, digest, commit }: ServingRevision): ServesAfter {
  return { revision, digest, commit };
}
