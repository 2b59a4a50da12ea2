import { CancellationScope } from '@temporalio/workflow';
import type { Change } from './change.ts';
import { ending, isFailure, messageOf } from '../run/failures.ts';
import { leave } from './finish.ts';
import { describeFreeze } from '../../contract/environment.ts';
import { putBack } from './compensate.ts';

/**
 * A freeze began while the change held the environment. Before users saw anything of it: takes back what was staged,
 * gives the environment up and answers true, so that the change queues again with its place and its approvals.
 * Otherwise answers false, and the change ends (ADR 0013).
 */
export async function gaveWay(change: Change, error: unknown): Promise<boolean> {
  if (!isFailure(error, 'Frozen') || change.shifted || change.irreversible) return false;
  await CancellationScope.nonCancellable(() => giveUp(change, messageOf(error)));
  return true;
}

async function giveUp(change: Change, why: string): Promise<void> {
  const back = change.mutated || change.touched ? await takenBack(change) : null;
  const outcome = back?.problem ? `frozen, and ${back.problem}` : `gave way before users saw anything of it: ${why}`;
  await leave(change, { outcome, revision: back?.revision ?? '', verified: false, serves: back?.serves });
  change.startsOver();
  if (back?.problem) throw ending('RestoreFailed', `${why}; the ${back.problem}`);
}

async function takenBack(change: Change): ReturnType<typeof putBack> {
  change.record.enter('restoring');
  const back = await putBack(change);
  if (!back.problem) change.record.note(`taken back: ${back.said}`);
  return back;
}

/**
 * After an incompatible migration there is no way back (invariant I8), so a freeze does not stop the change by
 * itself: before users see anything a person decides whether it goes on all the same. The end of the freeze decides
 * it, too.
 */
export async function heedFreeze(change: Change): Promise<void> {
  const { frozenBy } = change.stopping;
  if (!frozenBy || !change.irreversible || change.inSpiteOf === frozenBy.since) return;
  const { owners, settings } = change.entry;
  const roles = owners['data-owner'] ? ['data-owner', ...settings.operators] : settings.operators;
  const why = `${describeFreeze(frozenBy)}; an incompatible migration may have run, so it cannot be taken back: retry goes on in spite of the freeze`;
  const { action, by, note } = await change.parking.park('freeze', why, ['retry', 'abort'], roles);
  const said = `${by}${note ? `: ${note}` : ''}`;
  if (action === 'abort') throw ending('Aborted', `given up during the freeze by ${said}`);
  change.inSpiteOf = frozenBy.since;
  change.record.end('freeze', 'passed', { detail: `went on: ${said}` });
}
