import { codeName, outcomeOf } from '../refusal.ts';
import type { Trial } from '../trial.ts';
import { endedExecution, readJob, runJob, settledJob, updateJob } from '../writes.ts';
import { executionsAtRest, newSince } from './executions.ts';
import { firstRun } from './first-run.ts';

export interface StaleRun {
  /** False if the update has left the etag as it was: then there is no stale one to send. */
  isAsked: boolean;
  /** The code of the refusal; null if the call was accepted. */
  code: string | null;
  /** Executions that have come by it. */
  executions: string[];
}

/** Changes the job, and runs it with the etag of before. */
export async function staleRun(trial: Trial): Promise<StaleRun> {
  await trial.once(firstRun);
  const stale = await readJob(trial);
  const before = await executionsAtRest(trial);
  await updateJob(trial, { ...stale, annotations: { ...stale.annotations, 'slipway.dev/probe': 'changed' } });
  const changed = await settledJob(trial);
  if (changed.etag === stale.etag) return { isAsked: false, code: null, executions: [] };
  const { refusal } = await outcomeOf(runJob(trial, { etag: stale.etag ?? '' }));
  const executions = newSince(before, await executionsAtRest(trial));
  for (const name of executions) await endedExecution(trial, name);
  return { isAsked: true, code: refusal ? codeName(refusal) : null, executions };
}
