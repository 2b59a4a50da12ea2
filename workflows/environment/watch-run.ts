import { CancellationScope, condition, isCancellation } from '@temporalio/workflow';
import type { CallerBell } from '../../contract/bells.ts';
import { looking, watching } from '../run/activities.ts';
import { messageOf } from '../run/failures.ts';

/** A run that is watched until it closes. */
export interface WatchedRun {
  /** Says how it closed, or why it cannot be watched; null while it is open. */
  closed(): string | null;
  /** Is fulfilled with that, or with null when nobody watches any more. */
  readonly ended: Promise<string | null>;
  /** Has it looked at soon, although nobody waits. */
  lookSoon(): void;
  /** Stops watching. */
  stop(): Promise<void>;
}

export interface WatchOptions {
  /** Says what the Temporal UI shows beside a look. */
  summary: string;
  /** Names who waits for its end, so that another who comes is seen; empty while nobody does. */
  waiting: () => string;
  /** False for a run of an earlier version, which has an activity that lives as long as the watched run. */
  byLooks: boolean;
}

const firstPauseSeconds = 1;
const maxPauseSeconds = 60;

/**
 * Watches a run until it closes. It is looked at when somebody waits for it: when they come, then at growing pauses. An
 * environment that nobody waits for costs no slot of a worker, no heartbeat and no event.
 */
export function watchRun(run: CallerBell, options: WatchOptions): WatchedRun {
  const { workflowId, firstExecutionRunId } = run;
  const { summary, byLooks } = options;
  const scope = new CancellationScope();
  const wishes = new Wishes(options.waiting);
  let closed: string | null = null;
  const watch = byLooks
    ? async () => lookUntilClosed({ workflowId, firstExecutionRunId }, options, wishes)
    : async () => (await watching(summary).followHolder({ workflowId, firstExecutionRunId })).status;
  const ended = scope
    .run(watch)
    .then((status) => (closed = status))
    .catch((error: unknown) => {
      if (!isCancellation(error)) closed = messageOf(error);
      return closed;
    });
  return {
    closed: () => closed,
    ended,
    lookSoon: () => wishes.add(),
    stop: async () => {
      scope.cancel();
      await ended;
    },
  };
}

/** Knows whether a look is wanted, and whether somebody new wants it. */
class Wishes {
  private readonly waiting: () => string;
  private extra = 0;
  private seen = '';
  private seenExtra = 0;

  constructor(waiting: () => string) {
    this.waiting = waiting;
    this.seen = waiting();
  }

  get isWaitedFor(): boolean {
    return this.waiting() !== '';
  }

  /** Tells of somebody who was not there at the last look, and of a look that was asked for. */
  get isNew(): boolean {
    return this.extra > this.seenExtra || (this.isWaitedFor && this.waiting() !== this.seen);
  }

  add(): void {
    this.extra += 1;
  }

  looked(): void {
    this.seen = this.waiting();
    this.seenExtra = this.extra;
  }
}

async function lookUntilClosed(run: CallerBell, { summary }: WatchOptions, wishes: Wishes): Promise<string> {
  for (let pause = firstPauseSeconds; ;) {
    await condition(() => wishes.isNew || wishes.isWaitedFor);
    const isNew = await condition(() => wishes.isNew, `${pause} seconds`, { summary });
    if (!isNew && !wishes.isWaitedFor) continue;
    pause = isNew ? firstPauseSeconds : Math.min(pause * 2, maxPauseSeconds);
    wishes.looked();
    const { closed } = await looking(summary).lookAtRun(run);
    if (closed !== null) return closed;
  }
}
