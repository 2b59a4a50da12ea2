import { CancellationScope } from '@temporalio/workflow';
import { describeFreeze } from '../../contract/environment.ts';
import { schemaRoles } from '../../contract/people.ts';
import { ending, isFailure, messageOf } from '../run/failures.ts';
import type { Change, Parts } from './change.ts';
import { finishChange } from './finish.ts';
import { restoreSnapshot, type Restored } from './steps/restore.ts';

/**
 * Yields to a freeze that began while the change held the environment, before users saw anything of it: takes back
 * what was staged, gives the environment up and answers true, so that the change queues again with its place and its
 * approvals. Otherwise answers false, and the change ends (ADR 0013).
 */
export async function yieldedToFreeze(change: Change, error: unknown): Promise<boolean> {
  const { effects, schema } = change;
  if (!isFailure(error, 'Frozen') || effects.reached('traffic') || schema.wayBackClosed) return false;
  await CancellationScope.nonCancellable(() => vacate(change, messageOf(error)));
  return true;
}

async function vacate(change: Change, why: string): Promise<void> {
  const { effects, lease, plan, run } = change;
  const restored = effects.reached('job') ? await takeBack(change) : null;
  const outcome = restored?.problem ? `frozen, and ${restored.problem}` : `yielded before users saw the change: ${why}`;
  await finishChange(change, {
    outcome,
    revision: restored?.revision ?? null,
    verified: false,
    serves: restored?.serves,
  });
  lease.reset();
  effects.reset();
  run.record.steps.resetForNextPass(plan.content.steps);
  if (restored?.problem) throw ending('RestoreFailed', `${why}; the ${restored.problem}`);
}

async function takeBack(change: Change): Promise<Restored> {
  const { record } = change.run;
  record.enter('restoring');
  const restored = await restoreSnapshot(change);
  if (!restored.problem) record.note(`taken back: ${restored.serving}`);
  return restored;
}

/**
 * Asks a person whether the change goes on during a freeze, where an incompatible migration may have run: there is no
 * way back then (invariant I8). The end of the freeze decides it, too.
 */
export async function heedFreeze({
  interruption,
  schema,
  entry,
  run,
}: Parts<'interruption' | 'schema' | 'entry' | 'run'>): Promise<void> {
  const freeze = interruption.frozenBy;
  if (!freeze || !schema.wayBackClosed || interruption.isOverridden(freeze)) return;
  const roles = [...new Set([...schemaRoles(entry), ...entry.settings.operators])];
  const why =
    `${describeFreeze(freeze)}; an incompatible migration may have run, so it cannot be taken back: ` +
    'retry goes on in spite of the freeze';
  const { said } = await run.parking.ask({
    step: 'freeze',
    why,
    actions: ['retry', 'abort'],
    roles,
    isAboutSchema: true,
    resolved: () =>
      interruption.frozenBy === null
        ? { decision: 'retry', by: 'the environment', said: 'the environment: the freeze is over' }
        : null,
  });
  interruption.override(freeze);
  run.record.steps.end('freeze', 'passed', { detail: `went on: ${said}` });
}
