import { setTimeout as pause } from 'node:timers/promises';
import type { GithubChecks } from '../../contract/catalog/checklist.ts';
import type { Finding } from '../../contract/verdict.ts';
import type { CheckRun, Ports } from '../ports/index.ts';
import type { Progress } from '../ports/target.ts';

/** GitHub limits the number of requests, and a check takes minutes. */
const pollMs = 15_000;

/** Conclusions with which GitHub lets a required check pass. */
const passing: readonly string[] = ['success', 'neutral', 'skipped'];

/**
 * Confirms that GitHub's checks of the commit passed. A check that still runs is waited for; one that nobody has
 * started is inconclusive (invariant I10). Answers a finding for each check, in order.
 */
export async function confirmGithubChecks(
  { checks }: Pick<Ports, 'checks'>,
  wanted: GithubChecks,
  commit: string,
  since: string,
  progress: Progress,
  signal: AbortSignal,
): Promise<Finding[]> {
  const deadline = Date.parse(since) + wanted.timeoutMinutes * 60_000;
  for (;;) {
    const runs = await checks.ofCommit(wanted.repository, commit);
    const pending = wanted.checks.filter((name) => runs.some((run) => run.name === name && run.conclusion === null));
    if (pending.length === 0 || Date.now() >= deadline)
      return wanted.checks.map((name) =>
        judgeCheck(
          name,
          runs.filter((run) => run.name === name),
          wanted.timeoutMinutes,
        ),
      );
    progress({ waitingFor: pending.join(', ') });
    await pause(Math.min(pollMs, Math.max(0, deadline - Date.now())), undefined, { signal });
  }
}

/** Judges one check. Several apps may report it under one name; all of them have to pass. */
function judgeCheck(name: string, runs: readonly CheckRun[], timeoutMinutes: number): Finding {
  if (runs.length === 0) return { verdict: 'inconclusive', reason: `GitHub has no check ${name} of this commit` };
  const failed = runs.find(({ conclusion }) => conclusion !== null && !passing.includes(conclusion));
  if (failed) return { verdict: 'fail', reason: `ended as ${failed.conclusion}: ${failed.url}` };
  const running = runs.find(({ conclusion }) => conclusion === null);
  if (running)
    return { verdict: 'inconclusive', reason: `is ${running.status} after ${timeoutMinutes} minutes: ${running.url}` };
  return { verdict: 'pass', reason: runs.map(({ conclusion, url }) => `${conclusion ?? ''}: ${url}`).join(', ') };
}
