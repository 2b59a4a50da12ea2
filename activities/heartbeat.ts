import { AsyncLocalStorage } from 'node:async_hooks';
import { Context, type Info } from '@temporalio/activity';
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
  const waits: string[] = [];
  let latest: Record<string, unknown> = {};
  const detail = () => ({ ...latest, ...(waits.length > 0 && { [waitsForField]: waits[0] }) });
  const timer = setInterval(() => context.heartbeat(activityRedaction().answer(detail())), beatMs);
  try {
    return await waitsOfWork.run(waits, () =>
      work((next) => {
        latest = next;
      }, context.cancellationSignal),
    );
  } finally {
    clearInterval(timer);
  }
}

/** The field of a heartbeat that says what the work cannot go on without. */
export const waitsForField = 'waitsFor';

/** What the work under way waits for, the longest wait first. */
const waitsOfWork = new AsyncLocalStorage<string[]>();

/** Says in the heartbeat what is waited for, until it is there. An activity without heartbeats says nothing. */
export async function sayWaiting<T>(what: string, wait: Promise<T>): Promise<T> {
  const waits = waitsOfWork.getStore() ?? [];
  waits.push(what);
  try {
    return await wait;
  } finally {
    waits.splice(waits.indexOf(what), 1);
  }
}

/** Answers the signal that gives the activity under way up; undefined outside of one, as in a test of an adapter. */
export function activitySignal(): AbortSignal | undefined {
  return contextOf()?.cancellationSignal;
}

/** Answers what is known of the activity under way; undefined outside of one. */
export function activityInfo(): Info | undefined {
  return contextOf()?.info;
}

function contextOf(): Context | undefined {
  try {
    return Context.current();
  } catch {
    return undefined;
  }
}
