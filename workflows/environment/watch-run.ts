import { CancellationScope, isCancellation } from '@temporalio/workflow';
import type { CallerBell } from '../../contract/bells.ts';
import { watching } from '../run/activities.ts';
import { messageOf } from '../run/failures.ts';

/** A run that is watched until it closes. */
export interface WatchedRun {
  /** Says how it closed, or why it cannot be watched; null while it is open. */
  closed(): string | null;
  /** Is fulfilled with that, or with null when nobody watches any more. */
  readonly ended: Promise<string | null>;
  /** Stops watching. */
  stop(): Promise<void>;
}

/** Watches a run until it closes; `summary` is what the Temporal UI shows beside the activity. */
export function watchRun(summary: string, { workflowId, firstExecutionRunId }: CallerBell): WatchedRun {
  const scope = new CancellationScope();
  let closed: string | null = null;
  const ended = scope
    .run(() => watching(summary).followHolder({ workflowId, firstExecutionRunId }))
    .then(({ status }) => (closed = status))
    .catch((error: unknown) => {
      if (!isCancellation(error)) closed = messageOf(error);
      return closed;
    });
  return {
    closed: () => closed,
    ended,
    stop: async () => {
      scope.cancel();
      await ended;
    },
  };
}
