import { setTimeout as pause } from 'node:timers/promises';
import type { SlipwayClient, StartedRun } from '../api/slipway-client.ts';
import { CommandError } from '../cli/command-error.ts';
import type { Session } from '../cli/session.ts';

/** A worker that lives has begun by then. */
const beginsWithinMs = 10_000;

const startOne = 'start a worker: ./slipway worker';

/** Refuses what only a worker can answer while nobody works: nothing is started. */
export async function requireWorker(slipway: SlipwayClient): Promise<void> {
  if (!(await slipway.hasWorker())) throw CommandError.unreachable(await slipway.silence(), [startOne]);
}

/** Says of a run that was started that nobody works on it yet. It waits for a worker as long as it takes. */
export async function noteNobodyWorks({ output }: Pick<Session, 'output'>, slipway: SlipwayClient): Promise<void> {
  if (!(await slipway.hasWorker())) output.note(`${await slipway.silence()}, so it waits; ${startOne}`);
}

/**
 * Ends the wait for a run that only looks, when no worker has begun with it in time: the run is cancelled, since nobody
 * waits for its answer any more once a worker lives. Never settles for a run that was begun with; the signal ends it.
 */
export async function cancelUnlessBegun(
  slipway: SlipwayClient,
  { workflowId, runId }: Pick<StartedRun, 'workflowId' | 'runId'>,
  signal: AbortSignal,
): Promise<never> {
  const isOver = await pause(beginsWithinMs, false, { signal }).catch(() => true);
  if (isOver || (await slipway.hasBegun(workflowId, runId).catch(() => true))) return new Promise(() => undefined);
  await slipway.cancel(workflowId, runId).catch(() => undefined);
  const within = `no worker has begun with ${workflowId} within ${beginsWithinMs / 1_000} s`;
  throw CommandError.unreachable(`${within}: ${await slipway.silence()}; it is cancelled`, [startOne]);
}
