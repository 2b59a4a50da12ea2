import { Context } from '@temporalio/activity';
import type { Progress } from './ports/target.ts';

/** Well below the heartbeat timeout of the `mutate` and `follow` presets, so that one late beat is no verdict. */
const beatMs = 2_000;

/**
 * Runs work that may take long. The last detail is sent again and again while the work is quiet (a slow call, a long poll), so that a
 * dead worker is noticed within the heartbeat timeout and a living one never is; a cancellation reaches the work through its signal.
 */
export async function withHeartbeat<T>(work: (progress: Progress, signal: AbortSignal) => Promise<T>): Promise<T> {
  const context = Context.current();
  let latest: Record<string, unknown> = {};
  const beat = () => context.heartbeat(latest);
  const timer = setInterval(beat, beatMs);
  try {
    beat();
    return await work((detail) => {
      latest = detail;
      beat();
    }, context.cancellationSignal);
  } finally {
    clearInterval(timer);
  }
}
