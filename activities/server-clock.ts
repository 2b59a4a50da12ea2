import { Context } from '@temporalio/activity';

/**
 * Tells the time by the clock of the Temporal server, which gave the times of a workflow. The worker's own clock may be
 * minutes away from it: then a bake would end too early. Made when an attempt begins; one that waited for a worker
 * first is late by that, and never early.
 */
export class ServerClock {
  private readonly scheduledMs = Context.current().info.currentAttemptScheduledTimestampMs;
  private readonly startedMs = performance.now();

  /** Answers the milliseconds since the epoch. */
  now(): number {
    return this.scheduledMs + (performance.now() - this.startedMs);
  }
}
