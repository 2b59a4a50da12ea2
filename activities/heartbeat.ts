import { Context } from '@temporalio/activity';
import type { Progress } from './ports/target.ts';

/**
 * Well below the heartbeat timeout of the presets in workflows/run/activities.ts, so that one late beat is no
 * verdict.
 */
const beatMs = 1_000;

/**
 * Runs work that may take long. The last detail is sent each second, also while the work is quiet (a slow call, a
 * long poll), so that a dead worker is noticed within the heartbeat timeout and a living one never is; a cancellation
 * reaches the work through its signal.
 */
export async function withHeartbeat<T>(work: (progress: Progress, signal: AbortSignal) => Promise<T>): Promise<T> {
  const context = Context.current();
  let latest: Record<string, unknown> = {};
  const timer = setInterval(() => context.heartbeat(latest), beatMs);
  try {
    return await work((detail) => {
      latest = detail;
    }, context.cancellationSignal);
  } finally {
    clearInterval(timer);
  }
}
