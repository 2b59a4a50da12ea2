import { setTimeout as sleep } from 'node:timers/promises';
import type { BaselineCheck, OutputTail } from '../../contract/baseline.ts';
import { baselineInput, parseInput } from '../../contract/inputs.ts';
import type { RunEnd } from '../api/run-report.ts';
import type { SlipwayClient, StartedRun } from '../api/slipway-client.ts';
import { CommandError } from '../cli/command-error.ts';
import { exitCodeOfRun, exitCodes, type ExitCode } from '../cli/exit-codes.ts';
import type { Session } from '../cli/session.ts';
import { cleanText } from '../cli/text.ts';
import { lookUpEnvironment } from '../requests/catalog.ts';
import { cancelUnlessBegun, requireWorker } from '../requests/no-worker.ts';
import { resolveOptionalCommit } from '../requests/commits.ts';
import { baselineLines } from '../view/baseline.ts';
import { placeOfRun } from '../view/place-of-run.ts';
import { endLines } from '../view/status.ts';
import type { BaselineOptions } from './baseline.ts';
import { listIn } from './look-command.ts';

/** The least time between two looks at the output. */
const lookMs = 500;
/** A worker that lives has begun by then. */
const beginsWithinMs = 10_000;

/** Runs the baseline of a service, and shows what it does until its end. */
export async function runBaseline(
  session: Session,
  options: BaselineOptions,
  service: string | undefined,
): Promise<ExitCode> {
  const { output } = session;
  const input = await checkedInput(session, options, service);
  const slipway = await session.slipway();
  await requireWorker(slipway);
  const started = await slipway.start('baseline', input);
  const { workflowId, runId, link, temporal } = started;
  output.note(`${workflowId}${link === null ? '' : ` ${link}`} (${placeOfRun(started)})`);
  const end = await followBaseline(session, slipway, started);
  output.result({ workflowId, runId, link, temporal, ...end });
  const checks = listIn<BaselineCheck>(end.result ?? end.details?.[0], 'checks');
  if (checks.length > 0) output.line();
  for (const line of baselineLines(checks, output)) output.line(line);
  if (end.type === 'Canceled') {
    output.line('cancelled: nothing that it had started is left');
    return exitCodes.interrupted;
  }
  for (const line of endLines({ end, outcome: end.message }, output.colors)) output.line(line);
  return exitCodeOfRun(end.type === 'Completed' ? 'COMPLETED' : 'FAILED');
}

async function checkedInput(
  session: Session,
  { catalog, commit, validation }: BaselineOptions,
  service: string | undefined,
) {
  const { repository } = await lookUpEnvironment(session, catalog, { service, environment: undefined });
  const resolved = await resolveOptionalCommit(commit, repository);
  const parsed = parseInput(baselineInput, { service, commit: resolved.commit, validation });
  const malformed = 'problems' in parsed ? parsed.problems : [];
  // A commit that was not found is not also reported as too short.
  const problems = [...malformed.filter(({ path }) => path !== 'commit'), ...resolved.problems];
  if ('problems' in parsed || problems.length > 0) throw CommandError.badInput(problems);
  return parsed.input;
}

/** Shows the output until the run has ended. Ctrl-C cancels the run, which stops what it has started, and goes on. */
async function followBaseline(
  { output, interrupted }: Session,
  slipway: SlipwayClient,
  { workflowId, runId }: StartedRun,
): Promise<RunEnd> {
  let end: RunEnd | null = null;
  const ended = slipway.end(workflowId, runId).then((found) => void (end = found));
  const onInterrupt = (): void => {
    output.note('cancelling: what it has started is stopped; Ctrl-C once more does not wait for that');
    // A run that has ended by now needs no cancellation.
    slipway.cancel(workflowId, runId).catch(() => undefined);
  };
  if (interrupted.aborted) onInterrupt();
  interrupted.addEventListener('abort', onInterrupt, { once: true });
  const show = outputShower(output);
  const startedAt = Date.now();
  let isQuiet = true;
  const over = new AbortController();
  const unlessBegun = cancelUnlessBegun(slipway, { workflowId, runId }, over.signal);
  for (; end === null; await Promise.race([ended, sleep(lookMs), unlessBegun])) {
    const progress = await slipway.progress(workflowId, runId);
    if (progress) {
      isQuiet = false;
      show(progress.heartbeat);
    } else if (isQuiet && Date.now() - startedAt > beginsWithinMs) {
      isQuiet = false;
      output.note('no worker has begun with its checks yet');
    }
  }
  over.abort();
  interrupted.removeEventListener('abort', onInterrupt);
  await ended;
  return end;
}

/** Makes the function that prints the lines of a heartbeat which the one before did not have. */
function outputShower({ line, colors }: Session['output']): (heartbeat: unknown) => void {
  let next = 0;
  return (heartbeat) => {
    const { first, lines } = (heartbeat ?? { first: 0, lines: [] }) as OutputTail;
    if (first > next) line(colors.dim(`  … ${first - next} lines passed too quickly to be shown`));
    for (const text of lines.slice(Math.max(0, next - first))) line(`  ${cleanText(text)}`);
    next = Math.max(next, first + lines.length);
  };
}
