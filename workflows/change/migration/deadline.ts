import { CancellationScope, condition, isCancellation } from '@temporalio/workflow';
import type { StepName } from '../../../contract/step-names.ts';
import { preemptedWithUnknown, type Preemption } from '../../lease/interruption.ts';
import { now } from '../../run/journal.ts';
import type { Parts } from '../change.ts';

type MigratingChange = Parts<'interruption' | 'run' | 'entry' | 'schema'>;

/** After its own time limit the platform still has to notice, to conclude the execution and to show it. */
const usuallySettlesWithinSeconds = 120;

/**
 * Waits for a migration; with a rollback waiting, at most until the migration's own time limit and what the platform
 * needs after it. Then nobody knows what it did, and that is handed over: the decision is the rollback's (ADR 0023).
 */
export async function withDeadline<T>(change: MigratingChange, name: StepName, run: () => Promise<T>): Promise<T> {
  const { interruption } = change;
  const began = Date.now();
  const scope = new CancellationScope();
  let isSettled = false;
  const work = scope.run(run).finally(() => {
    isSettled = true;
  });
  // It is awaited below; a failure before that is no unhandled one.
  work.catch(() => undefined);
  await condition(() => isSettled || interruption.preemptedBy !== null);
  const { preemptedBy } = interruption;
  if (isSettled || !preemptedBy) return work;
  if (!(await waitUntilDeadline(change, name, began, () => isSettled))) scope.cancel();
  try {
    return await work;
  } catch (error) {
    if (!isCancellation(error)) throw error;
    throw handOverAsUnknown(change, preemptedBy, name, 'it did not end within its time limit');
  }
}

/**
 * Answers why a step of the migration does not wait for a person: a rollback wants the environment and takes the
 * decision over, since nobody can say what the migration did.
 */
export function yieldUndecided(change: MigratingChange, name: StepName, why: string): Error | null {
  return change.interruption.at({ onRollback: (by) => handOverAsUnknown(change, by, name, why) });
}

async function waitUntilDeadline(
  { run, entry }: MigratingChange,
  name: StepName,
  began: number,
  isSettled: () => boolean,
): Promise<boolean> {
  const { timeoutSeconds = 0, settlesWithinSeconds = usuallySettlesWithinSeconds } = entry.settings.migration ?? {};
  const deadline = began + (timeoutSeconds + settlesWithinSeconds) * 1000;
  run.record.enter('migrating', {
    kind: 'platform',
    what: `the end of ${name}: a rollback waits for it, and takes over when its time limit is reached`,
    since: now(),
    until: new Date(deadline).toISOString(),
    who: [],
    commands: [],
  });
  const left = Math.max(1_000, deadline - Date.now());
  const inTime = await condition(isSettled, left, { summary: 'the time limit of the migration' });
  run.record.enter('migrating');
  return inTime;
}

function handOverAsUnknown({ run, schema }: MigratingChange, by: Preemption, name: StepName, why: string): Error {
  const unknown = `${name} of change ${run.id}: ${why}`;
  if (schema.unknown !== unknown) run.record.note(`handed over as unknown: ${unknown}`);
  schema.handOverAsUnknown(unknown);
  return preemptedWithUnknown(by, `what ${name} did is unknown (${why})`);
}
