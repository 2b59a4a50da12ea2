import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { Outage } from './errors.ts';
import type { RunReport } from './run-report.ts';

/** The least time between two questions to a run. */
const pollMs = 500;
/** Limits an outage that is waited for. A server that restarts is back sooner. */
const maxOutageMs = 120_000;

interface FollowRequest {
  client: Client;
  workflowId: string;
  runId?: string | undefined;
  report: () => Promise<RunReport>;
  signal?: AbortSignal | undefined;
  /** Called once for each outage, when it begins. */
  onOutage?: (error: Error) => void;
}

/**
 * Yields every change of a run's report until the run has closed; the last report has its end. Leaving the loop, or
 * the signal, ends the following and leaves the run alone. Throws Outage when one lasts too long.
 */
export async function* followRun(request: FollowRequest): AsyncGenerator<RunReport> {
  const { client, workflowId, runId, signal } = request;
  const stop = new AbortController();
  const ended = signal ? AbortSignal.any([signal, stop.signal]) : stop.signal;
  let closeSeen = false;
  const closed = watchClose(client, workflowId, runId, ended).then(() => void (closeSeen = true));
  const ask = reportThroughOutages(request);
  let last = '';
  try {
    while (!ended.aborted) {
      const report = await ask();
      if (report) {
        const key = JSON.stringify(report);
        if (key !== last) yield report;
        last = key;
        if (report.end !== null) return;
      }
      const paused = sleep(pollMs, undefined, { signal: ended }).catch(() => undefined);
      await (closeSeen ? paused : Promise.race([paused, closed]));
    }
  } finally {
    stop.abort();
  }
}

/** Makes a function that asks for the report. It answers undefined during an outage, and throws when that lasts. */
function reportThroughOutages({
  report,
  onOutage,
}: Pick<FollowRequest, 'report' | 'onOutage'>): () => Promise<RunReport | undefined> {
  let outageSince: number | undefined;
  return async () => {
    try {
      const answer = await report();
      outageSince = undefined;
      return answer;
    } catch (error) {
      if (!(error instanceof Outage)) throw error;
      if (outageSince === undefined) onOutage?.(error);
      outageSince ??= Date.now();
      if (Date.now() - outageSince > maxOutageMs) throw error;
      return undefined;
    }
  };
}

/** Settles when the run has closed. A long poll that breaks off never settles: the polling goes on without it. */
async function watchClose(
  client: Client,
  workflowId: string,
  runId: string | undefined,
  signal: AbortSignal,
): Promise<void> {
  const never = new Promise<void>(() => undefined);
  let closed = false;
  const result = client.withAbortSignal(
    signal,
    async () => client.workflow.getHandle(workflowId, runId).result() as Promise<unknown>,
  );
  await result.then(
    () => (closed = true),
    (error: unknown) => (closed = error instanceof Error && error.name === 'WorkflowFailedError'),
  );
  return closed ? undefined : never;
}
