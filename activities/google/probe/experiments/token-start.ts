import type { CallError } from '../../call.ts';
import type { Job } from '../../cloud-run/resources.ts';
import { findExecution } from '../../cloud-run/session.ts';
import { outcomeOf } from '../refusal.ts';
import type { Trial } from '../trial.ts';
import { endedExecution, readJob, settledJob, updateJob } from '../writes.ts';
import { executionsAtRest, newSince } from './executions.ts';
import { staleRun } from './stale-run.ts';

/** The token of a probe. Job name and token together must stay under 63 characters. */
export const token = 'token';

export interface TokenStart {
  /** The platform refused the field. */
  refusal: CallError | undefined;
  /** The execution `<job>-<token>` was seen. */
  isNamed: boolean;
  /** Executions that have come by it. */
  executions: string[];
  /** The job when all had ended. */
  job: Job;
}

/** Sets `startExecutionToken` by an update with the job's own etag, and looks for the execution. */
export async function tokenStart(trial: Trial): Promise<TokenStart> {
  await trial.once(staleRun);
  const job = await readJob(trial);
  const before = await executionsAtRest(trial);
  const { refusal } = await outcomeOf(updateJob(trial, { ...job, startExecutionToken: token }));
  if (refusal) return { refusal, isNamed: false, executions: [], job };
  const name = `${trial.name}-${token}`;
  const named = await trial.until(
    () => findExecution(trial, trial.name, name),
    (seen) => seen !== undefined,
    trial.pace.lateMs,
  );
  const executions = newSince(before, await executionsAtRest(trial));
  for (const each of executions) await endedExecution(trial, each);
  return { refusal: undefined, isNamed: named !== undefined, executions, job: await settledJob(trial) };
}
