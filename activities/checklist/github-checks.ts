import { setTimeout as pause } from 'node:timers/promises';
import type { GithubChecks } from '../../contract/catalog/checklist.ts';
import type { Finding } from '../../contract/verdict.ts';
import type { CheckRun, Ports } from '../ports/index.ts';
import type { Progress } from '../ports/target.ts';
import { ServerClock } from '../server-clock.ts';

/** GitHub limits the number of requests, and a check takes minutes. */
const pollMs = 15_000;

/** Conclusions with which GitHub lets a required check pass, although nothing was checked. */
const unchecked: readonly string[] = ['neutral', 'skipped'];

/**
 * Confirms that GitHub's checks of the commit passed. A check that still runs is waited for; one that nobody has
 * started is inconclusive, and so is one that was skipped, unless the catalog lets it be (invariant I10). `since` is a
 * time of the server's clock. Where the catalog names apps, what another app reports does not count. Answers a finding
 * for each check, in order.
 */
export async function confirmGithubChecks(
  { checks }: Pick<Ports, 'checks'>,
  wanted: GithubChecks,
  commit: string,
  since: string,
  progress: Progress,
  signal: AbortSignal,
): Promise<Finding[]> {
  const clock = new ServerClock();
  const deadline = Date.parse(since) + wanted.timeoutMinutes * 60_000;
  for (;;) {
    const all = await checks.ofCommit(wanted.repository, commit);
    const runs = all.filter((run) => isCounted(run, wanted));
    const pending = wanted.checks.filter((name) => runs.some((run) => run.name === name && run.conclusion === null));
    if (pending.length === 0 || clock.now() >= deadline)
      return wanted.checks.map((name) =>
        judgeCheck(
          name,
          all.filter((run) => run.name === name),
          wanted,
        ),
      );
    progress({ waitingFor: pending.join(', ') });
    await pause(Math.min(pollMs, Math.max(0, deadline - clock.now())), undefined, { signal });
  }
}

/** Says whether a check is by an app that the catalog names; without names everybody's counts. */
function isCounted({ app }: CheckRun, { apps }: GithubChecks): boolean {
  return apps === undefined || (app !== null && apps.includes(app));
}

/** Judges one check. Several apps may report it under one name; all of them have to pass. */
function judgeCheck(name: string, reported: readonly CheckRun[], wanted: GithubChecks): Finding {
  const { timeoutMinutes, skippable = [] } = wanted;
  const runs = reported.filter((run) => isCounted(run, wanted));
  const [stranger] = reported;
  if (runs.length === 0)
    return {
      verdict: 'inconclusive',
      reason: stranger
        ? `reported by app ${stranger.app ?? 'unknown'} alone, which is not one of apps: ${stranger.url}`
        : `GitHub has no check ${name} of this commit`,
    };
  const failed = runs.find(
    ({ conclusion }) => conclusion !== null && conclusion !== 'success' && !unchecked.includes(conclusion),
  );
  if (failed) return { verdict: 'fail', reason: `ended as ${failed.conclusion}: ${failed.url}` };
  const running = runs.find(({ conclusion }) => conclusion === null);
  if (running)
    return { verdict: 'inconclusive', reason: `is ${running.status} after ${timeoutMinutes} minutes: ${running.url}` };
  const skipped = runs.find(({ conclusion }) => conclusion !== 'success');
  if (skipped && !skippable.includes(name))
    return {
      verdict: 'inconclusive',
      reason: `ended as ${skipped.conclusion}, so nothing was checked: ${skipped.url}; run it, or name it in skippable`,
    };
  return { verdict: 'pass', reason: runs.map(({ conclusion, url }) => `${conclusion ?? ''}: ${url}`).join(', ') };
}
