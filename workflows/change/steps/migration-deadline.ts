import { CancellationScope, condition, isCancellation, patched } from '@temporalio/workflow';
import type { Change } from '../change.ts';
import { now } from '../../run/record.ts';
import { unknownTo, type Preempting } from '../../lease/interruption.ts';

/** After its own time limit the platform still has to notice, to conclude the execution and to show it. */
const usuallySettlesWithinSeconds = 120;

/** Steps at which nobody can say what a migration did while they wait for a person. */
const undecided: readonly string[] = ['migrate', 'migrate-fallback', 'fallback-signs'];

/**
 * A rollback that comes while a migration runs waits for its end, at most until the migration's own time limit and
 * what the platform needs after it. Then nobody knows what it did, and that is handed over: the decision is the
 * rollback's (ADR 0016).
 */
export async function outcomeInTime<T>(change: Change, name: string, run: () => Promise<T>): Promise<T> {
  const began = Date.now();
  const scope = new CancellationScope();
  let settled = false;
  const work = scope.run(run).finally(() => {
    settled = true;
  });
  // It is awaited below; a failure before that is no unhandled one.
  work.catch(() => undefined);
  await condition(() => settled || change.stopping.preemptedBy !== null);
  const { preemptedBy } = change.stopping;
  if (settled || !preemptedBy || !patched('a-migration-is-waited-for-at-most-its-timeout')) return work;
  if (!(await endsInTime(change, name, began, () => settled))) scope.cancel();
  try {
    return await work;
  } catch (error) {
    if (!isCancellation(error)) throw error;
    throw leftUnknown(change, preemptedBy, name, 'it did not end within its time limit');
  }
}

/**
 * Why a step of the migration does not wait for a person: a rollback wants the environment, and takes the decision
 * over.
 */
export function yieldsUndecided(change: Change, name: string, why: string): Error | null {
  const { preemptedBy } = change.stopping;
  if (!preemptedBy || !undecided.includes(name) || !patched('hands-an-unknown-migration-over')) return null;
  return leftUnknown(change, preemptedBy, name, why);
}

/** The same for a step that waits already when the rollback comes. */
export function interruptUndecided(change: Change): void {
  const name = undecided.find((one) => change.parking.isAt(one));
  if (name === undefined) return;
  const yields = yieldsUndecided(change, name, change.record.step(name).error ?? 'its outcome is unknown');
  if (yields) change.parking.interrupt(name, yields);
}

async function endsInTime(change: Change, name: string, began: number, settled: () => boolean): Promise<boolean> {
  const { timeoutSeconds = 0, settlesWithinSeconds = usuallySettlesWithinSeconds } =
    change.entry.settings.migration ?? {};
  const limit = began + (timeoutSeconds + settlesWithinSeconds) * 1000;
  const left = Math.max(1_000, limit - Date.now());
  const what = `the end of ${name}, for which a rollback waits; after its time limit the rollback decides what it did`;
  change.record.enter('migrating', {
    kind: 'platform',
    what,
    since: now(),
    until: new Date(limit).toISOString(),
    who: [],
    commands: [],
  });
  const inTime = await condition(settled, left, { summary: 'the time limit of the migration' });
  change.record.enter('migrating');
  return inTime;
}

function leftUnknown(change: Change, preemptedBy: Preempting, name: string, why: string): Error {
  change.irreversible = true;
  change.unknownMigration = `${name} of change ${change.id}: ${why}`;
  change.record.note(`handed over as unknown: ${change.unknownMigration}`);
  return unknownTo(preemptedBy, `what ${name} did is unknown (${why})`);
}
