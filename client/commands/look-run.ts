import { inputSchemas, parseInput } from '../../contract/inputs.ts';
import type { RunEnd } from '../api/run-report.ts';
import type { SlipwayClient, StartedRun } from '../api/slipway-client.ts';
import { CommandError } from '../cli/command-error.ts';
import { exitCodeOfRun, exitCodes, type ExitCode } from '../cli/exit-codes.ts';
import type { Session } from '../cli/session.ts';
import { lookUpEnvironment } from '../requests/catalog.ts';
import { cancelUnlessBegun, requireWorker } from '../requests/no-worker.ts';
import { placeOfRun } from '../view/place-of-run.ts';
import { endLines } from '../view/status.ts';
import { aborted, noteRunGoesOn } from './follow-started.ts';
import type { LookCommand, LookOptions } from './look-command.ts';

/** Starts the run of a look, waits for its end and shows its report. */
export async function lookRun<More extends object>(
  { type, more, problems, lines }: LookCommand<More>,
  session: Session,
  options: LookOptions & More,
  service: string | undefined,
): Promise<ExitCode> {
  const { output } = session;
  const { environment, timeout } = options;
  const parsed = parseInput(inputSchemas[type], { service, environment, ...(await more?.(session, options)) });
  const found = [...(problems?.(options) ?? []), ...('problems' in parsed ? parsed.problems : [])];
  if ('problems' in parsed || found.length > 0) throw CommandError.badInput(found);
  await requireKnown(session, service, environment);
  const slipway = await session.slipway();
  await requireWorker(slipway);
  const started = await slipway.start(type, parsed.input);
  const { workflowId, runId, link, temporal } = started;
  output.note(`${workflowId}${link === null ? '' : ` ${link}`} (${placeOfRun(started)})`);
  const end = await endOf(slipway, started, timeout);
  output.result({ workflowId, runId, link, temporal, ...(end ?? { type: null }) });
  if (end === null) {
    noteRunGoesOn(session, workflowId);
    return exitCodes.stillRunning;
  }
  for (const line of await lines(end.result ?? end.details?.[0], output.colors)) output.line(line);
  for (const line of endLines({ end, outcome: end.message }, output.colors)) output.line(line);
  return exitCodeOfRun(end.type === 'Completed' ? 'COMPLETED' : 'FAILED');
}

/** Refuses a name that this machine's catalog does not have, before a run is started for it. */
async function requireKnown(
  session: Session,
  service: string | undefined,
  environment: string | undefined,
): Promise<void> {
  if (service === undefined) return;
  const { problems } = await lookUpEnvironment(session, undefined, { service, environment });
  if (problems.length > 0) throw CommandError.badInput(problems);
}

/** Waits for the end; null when the time is over. */
async function endOf(
  slipway: SlipwayClient,
  started: StartedRun,
  timeoutMs: number | undefined,
): Promise<RunEnd | null> {
  const over = new AbortController();
  const limit = timeoutMs === undefined ? over.signal : AbortSignal.any([over.signal, AbortSignal.timeout(timeoutMs)]);
  try {
    return await Promise.race([
      slipway.end(started.workflowId, started.runId),
      aborted(limit).then(() => null),
      cancelUnlessBegun(slipway, started, over.signal),
    ]);
  } finally {
    over.abort();
  }
}
