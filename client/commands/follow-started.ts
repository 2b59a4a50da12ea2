import type { SlipwayClient, StartedRun } from '../api/slipway-client.ts';
import { exitCodeOfRun, exitCodes, type ExitCode } from '../cli/exit-codes.ts';
import { secondsFlag } from '../cli/flags.ts';
import type { Session } from '../cli/session.ts';
import { endLines } from '../view/status.ts';
import { watchRun } from '../view/watch.ts';

export interface FollowFlags {
  wait?: boolean;
  watch?: boolean;
  timeout?: string;
}

/** Announces a run that was started, and follows it when the flags say so. */
export async function followStarted(
  session: Session,
  slipway: SlipwayClient,
  started: StartedRun,
  flags: FollowFlags,
): Promise<ExitCode> {
  const { output, interrupted } = session;
  announce(session, started);
  const timeoutMs = secondsFlag('timeout', flags.timeout);
  if (flags.watch && !output.forProgram) {
    const watched = await watchRun(slipway, output, started.workflowId, {
      runId: started.runId,
      signal: interrupted,
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
    });
    if (watched.exitCode === exitCodes.interrupted) noteRunGoesOn(session, started.workflowId);
    return watched.exitCode;
  }
  if (flags.wait || flags.watch) return waitForEnd(session, slipway, started, timeoutMs);
  output.result(started);
  return exitCodes.ok;
}

/** Says that the run goes on: nobody should think that Ctrl-C stopped a release. */
export function noteRunGoesOn({ output }: Session, workflowId: string): void {
  output.note(`the run goes on; look again: ./slipway watch ${workflowId}`);
}

async function waitForEnd(
  session: Session,
  slipway: SlipwayClient,
  { workflowId, runId }: StartedRun,
  timeoutMs: number | undefined,
): Promise<ExitCode> {
  const { output, interrupted } = session;
  const limits = [interrupted, ...(timeoutMs === undefined ? [] : [AbortSignal.timeout(timeoutMs)])];
  const hasEnded = await Promise.race([
    slipway.end(workflowId, runId).then(() => true),
    aborted(AbortSignal.any(limits)).then(() => false),
  ]);
  const report = await slipway.status(workflowId, runId);
  output.result(report);
  if (!hasEnded) {
    noteRunGoesOn(session, workflowId);
    return interrupted.aborted ? exitCodes.interrupted : exitCodes.stillRunning;
  }
  for (const line of endLines(report, output.colors)) output.line(line);
  return exitCodeOfRun(report.execution, report.end?.type ?? null);
}

function announce({ output }: Session, { workflowId, runId, workflowType, link }: StartedRun): void {
  const { dim, green } = output.colors;
  output.line(`${green('started')} ${workflowType} ${workflowId}`);
  output.line(`  ${dim('run id')}   ${runId}`);
  if (link !== null) output.line(`  ${dim('see')}      ${link}`);
  output.line(`  ${dim('next')}     ./slipway watch ${workflowId}`);
  output.line(`           ./slipway approve ${workflowId}`);
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
