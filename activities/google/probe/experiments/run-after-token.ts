import type { Job } from '../../cloud-run/resources.ts';
import type { Trial } from '../trial.ts';
import { endedExecution, readJob, runJob } from '../writes.ts';
import { tokenStart } from './token-start.ts';

/** Runs the job as a person does, after a token has started it. Answers the job, and the execution's short name. */
export async function runAfterToken(trial: Trial): Promise<{ job: Job; execution: string }> {
  await trial.once(tokenStart);
  const execution = await runJob(trial, {});
  await endedExecution(trial, execution);
  return { job: await readJob(trial), execution };
}
