import { setTimeout as pause } from 'node:timers/promises';
import type { SlipwayClient, StartedRun } from '../api/slipway-client.ts';
import { CommandError } from '../cli/command-error.ts';
import { exitCodeOfRun, exitCodes, type ExitCode } from '../cli/exit-codes.ts';
import { asCommandError } from '../cli/service-errors.ts';
import type { Session } from '../cli/session.ts';
import { noteNobodyWorks } from '../requests/no-worker.ts';
import { placeOfRun } from '../view/place-of-run.ts';
import { planLines } from '../view/plan.ts';
import { endLines, waitingLines } from '../view/status.ts';
import { watchRun } from '../view/watch.ts';
import { slipwayLine } from '../../contract/shell-word.ts';

export interface FollowFlags {
  dryRun?: boolean;
  wait?: boolean;
  watch?: boolean;
  timeout?: number;
}

/** How often a command that waits looks what the run waits for. */
const lookEveryMs = 3_000;

/**
 * Announces a run that was started, and follows it when the flags say so. Whatever goes wrong from here on, the run is
 * there: its id is said, and no exit code says that nothing was started.
 */
export async function followStarted(
  session: Session,
  slipway: SlipwayClient,
  started: StartedRun,
  flags: FollowFlags,
): Promise<ExitCode> {
  announce(session, started);
  await noteNobodyWorks(session, slipway);
  if (!flags.wait && !flags.watch) {
    session.output.result(started);
    return exitCodes.ok;
  }
  try {
    const code =
      flags.watch && !session.output.forProgram
        ? await watch(session, slipway, started, flags)
        : await waitForEnd(session, slipway, started, flags);
    if (flags.dryRun && code === exitCodes.ok) await showPlan(session, slipway, started.workflowId);
    return code;
  } catch (error) {
    throw afterStart(error, started.workflowId);
  }
}

async function watch(
  session: Session,
  slipway: SlipwayClient,
  { workflowId, runId }: StartedRun,
  { timeout }: FollowFlags,
): Promise<ExitCode> {
  const { exitCode } = await watchRun(slipway, session.output, workflowId, {
    runId,
    signal: session.interrupted,
    ...(timeout === undefined ? {} : { timeoutMs: timeout }),
  });
  if (exitCode === exitCodes.interrupted) noteRunGoesOn(session, workflowId);
  return exitCode;
}

/** Shows the plan of a dry run, which is all that it was asked for. */
async function showPlan({ output }: Session, slipway: SlipwayClient, workflowId: string): Promise<void> {
  const plan = await slipway.plan(workflowId);
  if (!plan) return;
  for (const line of planLines(plan, output.colors)) output.line(line);
}

/** Says of an error that a run is there all the same. */
function afterStart(error: unknown, workflowId: string): unknown {
  const known = asCommandError(error);
  if (!(known instanceof CommandError)) return error;
  const { message, code, exitCode, problems } = known;
  return new CommandError(message, {
    code,
    exitCode: exitCode === exitCodes.badInput ? exitCodes.failed : exitCode,
    problems,
    hints: [`the run was started and goes on: ${slipwayLine('watch', workflowId)}`],
  });
}

/** Says that the run goes on: nobody should think that Ctrl-C stopped a release. */
export function noteRunGoesOn({ output }: Session, workflowId: string): void {
  output.note(`the run goes on; look again: ${slipwayLine('watch', workflowId)}`);
}

async function waitForEnd(
  session: Session,
  slipway: SlipwayClient,
  { workflowId, runId }: StartedRun,
  { timeout }: FollowFlags,
): Promise<ExitCode> {
  const { output, interrupted } = session;
  if (output.forProgram) output.trace(`started ${workflowId}`);
  const limits = [interrupted, ...(timeout === undefined ? [] : [AbortSignal.timeout(timeout)])];
  const over = new AbortController();
  const hasEnded = await Promise.race([
    slipway.end(workflowId, runId).then(() => true),
    aborted(AbortSignal.any(limits)).then(() => false),
    // Nobody reads it where a program reads the answer.
    ...(output.forProgram ? [] : [sayWaits(session, slipway, { workflowId, runId }, over.signal)]),
  ]).finally(() => over.abort());
  const report = await slipway.status(workflowId, runId);
  output.result(report);
  if (!hasEnded) {
    noteRunGoesOn(session, workflowId);
    return interrupted.aborted ? exitCodes.interrupted : exitCodes.stillRunning;
  }
  for (const line of endLines(report, output.colors)) output.line(line);
  return exitCodeOfRun(report.execution);
}

/** Says what the run waits for, and how that ends, each time it is something else. Never answers. */
async function sayWaits(
  { output }: Session,
  slipway: SlipwayClient,
  { workflowId, runId }: Pick<StartedRun, 'workflowId' | 'runId'>,
  signal: AbortSignal,
): Promise<never> {
  let said = '';
  while (!signal.aborted) {
    // Nobody has to look: the end is what counts.
    const report = await slipway.status(workflowId, runId).catch(() => null);
    const since = report?.waitingFor?.since ?? said;
    if (report && since !== said && !signal.aborted)
      for (const line of waitingLines(report, output.colors)) output.line(line);
    said = since;
    await pause(lookEveryMs, undefined, { signal }).catch(() => undefined);
  }
  return new Promise<never>(() => undefined);
}

function announce({ output }: Session, { workflowId, runId, workflowType, link, temporal }: StartedRun): void {
  const { dim, green } = output.colors;
  output.line(`${green('started')} ${workflowType} ${workflowId}`);
  output.line(`  ${dim('run id')}   ${runId}`);
  output.line(`  ${dim('at')}       ${placeOfRun({ temporal })}`);
  if (link !== null) output.line(`  ${dim('see')}      ${link}`);
  output.line(`  ${dim('next')}     ${slipwayLine('watch', workflowId)}`);
}

/** Settles once the signal is aborted. */
export async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
