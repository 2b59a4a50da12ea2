import { shortName } from '../../cloud-run/resources.ts';
import { listExecutions } from '../../cloud-run/session.ts';
import type { Trial } from '../trial.ts';

/** Lists the job's executions by name, once nothing new has come for a while. */
export async function executionsAtRest(trial: Trial): Promise<Set<string>> {
  await trial.pause(trial.pace.quietMs);
  const listed = await listExecutions(trial, trial.name);
  return new Set(listed.map(({ name }) => shortName(name)));
}

/** Finds the executions that have come since. */
export function newSince(before: ReadonlySet<string>, after: ReadonlySet<string>): string[] {
  return [...after].filter((name) => !before.has(name));
}
