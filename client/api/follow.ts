import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { CommandError } from '../cli/command-error.ts';
import type { RunReport } from './run-report.ts';
import { asCommandError } from '../cli/service-errors.ts';

/** The least time between two questions to a run. */
export const pollMs = 500;
/** A server that restarts is back within this; then the follower gives up, the run does not. */
const longestOutageMs = 120_000;

interface Following {
  client: Client;
  workflowId: string;
  runId?: string | undefined;
  report: () => Promise<RunReport>;
  signal?: AbortSignal | undefined;
  /** Told once when the server stops answering. */
  onOutage?: (error: CommandError) => void;
}

/**
 * Every change of what a run says of itself, until it has closed; the last report has its end. Its close is told by
 * the server (a long poll), the state between by asking at most every 500 ms. Leaving the loop, or the signal, ends
 * the following and nothing else.
 */
export async function* followRun({
  client,
  workflowId,
  runId,
  report,
  signal,
  onOutage,
}: Following): AsyncGenerator<RunReport> {
  const stop = new AbortController();
  const ended = signal ? AbortSignal.any([signal, stop.signal]) : stop.signal;
  let told = false;
  const closed = watchClose(client, workflowId, runId, ended).then(() => void (told = true));
  let last = '';
  let silentSince: number | undefined;
  try {
    while (!ended.aborted) {
      const answer = await report().catch((error: unknown) => outage(error));
      if (answer instanceof CommandError) {
        if (silentSince === undefined) onOutage?.(answer);
        silentSince ??= Date.now();
        if (Date.now() - silentSince > longestOutageMs) throw answer;
      } else {
        silentSince = undefined;
        const key = JSON.stringify(answer);
        if (key !== last) yield answer;
        last = key;
        if (answer.end !== null) return;
      }
      const paused = sleep(pollMs, undefined, { signal: ended }).catch(() => undefined);
      await (told ? paused : Promise.race([paused, closed]));
    }
  } finally {
    stop.abort();
  }
}

/** Settles when the run has closed. A long poll that breaks off never settles: the polling goes on without it. */
async function watchClose(
  client: Client,
  workflowId: string,
  runId: string | undefined,
  signal: AbortSignal,
): Promise<void> {
  const never = new Promise<void>(() => undefined);
  let told = false;
  const result = client.withAbortSignal(
    signal,
    async () => client.workflow.getHandle(workflowId, runId).result() as Promise<unknown>,
  );
  await result.then(
    () => (told = true),
    (error: unknown) => (told = error instanceof Error && error.name === 'WorkflowFailedError'),
  );
  return told ? undefined : never;
}

/** An unreachable server is waited for; any other error ends the following. */
function outage(error: unknown): CommandError {
  const known = asCommandError(error);
  if (known instanceof CommandError && known.code === 'Unreachable') return known;
  throw known;
}
