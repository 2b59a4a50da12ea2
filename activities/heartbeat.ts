import { Context } from '@temporalio/activity';
import { activityRedaction } from './redaction/activity-redaction.ts';
import type { Progress } from './ports/target.ts';

/** Interval of heartbeats, well below the timeout in workflows/run/activities.ts: one late beat means nothing. */
const beatMs = 1_000;

/**
 * Runs work that may take long. The last detail is sent each second, also while the work is quiet, so that a dead
 * worker is noticed in time and a living one never is. A cancellation reaches the work through its signal.
 */
export async function withHeartbeat<T>(work: (progress: Progress, signal: AbortSignal) => Promise<T>): Promise<T> {
  const context = Context.current();
  let latest: Record<string, unknown> = {};
  const timer = setInterval(() => context.heartbeat(activityRedaction().answer(latest)), beatMs);
  try {
    return await work((detail) => {
      latest = detail;
    }, context.cancellationSignal);
  } finally {
    clearInterval(timer);
  }
}

/** Answers the signal that gives the activity under way up; undefined outside of one, as in a test of an adapter. */
export function activitySignal(): AbortSignal | undefined {
  try {
    return Context.current().cancellationSignal;
  } catch {
    return undefined;
  }
}
