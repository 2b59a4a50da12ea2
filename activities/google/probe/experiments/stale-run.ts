import { codeName, outcomeOf } from '../refusal.ts';
import type { Trial } from '../trial.ts';
import { endedExecution, readJob, runJob, settledJob, updateJob } from '../writes.ts';
import { executionsAtRest, newSince } from './executions.ts';
import { firstRun } from './first-run.ts';

export interface StaleRun {
  /** False if the update has left the etag as it was: then there is no stale one to send. */
  isAsked: boolean;
  /** The code by which an update with it was refused; null if it was accepted. */
  updateCode: string | null;
  /** The code by which the run was refused; null if it was accepted. */
  code: string | null;
  /** Executions that have come by it. */
  executions: string[];
}

/** Changes the job, and then changes and runs it with the etag of before. */
export async function staleRun(trial: Trial): Promise<StaleRun> {
  await trial.once(firstRun);
  const stale = await readJob(trial);
  const before = await executionsAtRest(trial);
  await updateJob(trial, { ...stale, annotations: { ...stale.annotations, 'slipway.dev/probe': 'changed' } });
  const changed = await settledJob(trial);
  if (changed.etag === stale.etag) return { isAsked: false, updateCode: null, code: null, executions: [] };
  const update = await outcomeOf(updateJob(trial, { ...changed, etag: stale.etag ?? '' }));
  const { refusal } = await outcomeOf(runJob(trial, { etag: stale.etag ?? '' }));
  const executions = newSince(before, await executionsAtRest(trial));
  for (const name of executions) await endedExecution(trial, name);
  return {
    isAsked: true,
    updateCode: update.refusal ? codeName(update.refusal) : null,
    code: refusal ? codeName(refusal) : null,
    executions,
  };
}
