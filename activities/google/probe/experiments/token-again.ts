import { codeName, outcomeOf } from '../refusal.ts';
import type { Trial } from '../trial.ts';
import { endedExecution, readJob, updateJob } from '../writes.ts';
import { executionsAtRest, newSince } from './executions.ts';
import { runAfterToken } from './run-after-token.ts';
import { token } from './token-start.ts';

export interface TokenAgain {
  /** The code of the refusal; null if the update was accepted. */
  code: string | null;
  /** Executions that have come by it. */
  executions: string[];
}

/** Sends the same token once more, with the etag that the job has now. */
export async function tokenAgain(trial: Trial): Promise<TokenAgain> {
  await trial.once(runAfterToken);
  const before = await executionsAtRest(trial);
  const { refusal } = await outcomeOf(updateJob(trial, { ...(await readJob(trial)), startExecutionToken: token }));
  const executions = newSince(before, await executionsAtRest(trial));
  for (const name of executions) await endedExecution(trial, name);
  return { code: refusal ? codeName(refusal) : null, executions };
}
