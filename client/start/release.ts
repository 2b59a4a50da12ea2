import type { ScenarioCommit } from '../../sandbox/repositories.ts';
import { CommandError } from '../cli/command-error.ts';
import { exitCodes } from '../cli/exit-codes.ts';
import type { RunReport } from '../api/run-report.ts';
import type { Session } from '../cli/session.ts';
import type { SlipwayClient, StartedRun } from '../api/slipway-client.ts';
import { endText } from '../view/ending.ts';
import { watchRun } from '../view/watch.ts';
import { answerApproval } from './approval.ts';
import type { SampleProcess } from './processes.ts';
import type { Sample } from './sample.ts';
import { slipwayLine } from '../../contract/shell-word.ts';

/** Limits a release that nobody watches: one that takes longer has gone wrong. */
const maxUnattendedMs = 10 * 60_000;

export interface Released {
  started: StartedRun;
  report: RunReport;
}

/**
 * Deploys the sample, shown step by step, with its approval. Answers the closed run, whatever its end. Throws a
 * CommandError when the run gets stuck or the person leaves.
 */
export async function releaseSample(
  session: Session,
  slipway: SlipwayClient,
  { sample, scenario }: { sample: Sample; scenario: ScenarioCommit },
  interactive: boolean,
): Promise<Released> {
  const { output } = session;
  const started = await slipway.start('deploy', {
    service: sample.service,
    environment: sample.environment,
    commit: scenario.commit,
    requestedBy: sample.requestedBy,
    reason: scenario.description,
  });
  output.line(`${output.colors.green('started')} ${started.workflowId}: ${scenario.description}`);
  if (started.link !== null) output.line(`  ${output.colors.dim('see')} ${started.link}`);
  return { started, report: await followWithApproval(session, slipway, started, sample, interactive) };
}

async function followWithApproval(
  session: Session,
  slipway: SlipwayClient,
  { workflowId, runId }: StartedRun,
  sample: Sample,
  interactive: boolean,
): Promise<RunReport> {
  const { output, interrupted } = session;
  const deadline = interactive ? undefined : Date.now() + maxUnattendedMs;
  let answeredPlan: string | undefined;
  let shown: RunReport | null = null;
  for (;;) {
    const until = (report: RunReport): boolean =>
      asksForApproval(report, answeredPlan) || (!interactive && report.waitingFor?.kind === 'operator');
    const timeoutMs = deadline === undefined ? {} : { timeoutMs: Math.max(1, deadline - Date.now()) };
    const { report } = await watchRun(slipway, output, workflowId, {
      runId,
      signal: interrupted,
      until,
      shown,
      ...timeoutMs,
    });
    if (report?.end) return report;
    if (interrupted.aborted) throw interruption();
    if (!report || !until(report))
      throw stuck(report, workflowId, `the release is not done after ${maxUnattendedMs / 60_000} minutes`);
    if (!asksForApproval(report, answeredPlan)) throw stuck(report, workflowId, 'the release waits for a person');
    if ((await answerApproval(session, slipway, workflowId, sample, interactive)) === null) throw interruption();
    answeredPlan = report.plan;
    shown = report;
  }
}

function asksForApproval({ waitingFor, plan }: RunReport, answeredPlan: string | undefined): boolean {
  return waitingFor?.kind === 'approval' && plan !== answeredPlan;
}

function stuck(report: RunReport | null, workflowId: string, message: string): CommandError {
  const { waitingFor } = report ?? {};
  const what = waitingFor ? `${message}: ${waitingFor.what}` : message;
  return CommandError.failed(
    what,
    waitingFor?.commands.length ? [...waitingFor.commands] : [slipwayLine('status', workflowId)],
  );
}

/** Throws that the release did not reach its aim, with where to look. */
export function notReleased({ report: { end }, started }: Released, worker: SampleProcess): never {
  throw CommandError.failed(`the release ended as ${end ? endText(end) : 'unknown'}`, [
    './slipway sandbox up',
    `then: ${slipwayLine('timeline', started.workflowId)}`,
    `the worker's log: ${worker.log}`,
    'other logs are beside it',
  ]);
}

/** Reads the address that a release has answered; empty if there is none. */
export function urlOf(result: unknown): string {
  return typeof result === 'object' && result !== null && 'url' in result ? String(result.url) : '';
}

/** Reports that a person has left with Ctrl-C. */
export function interruption(): CommandError {
  return new CommandError('interrupted; the runs in Temporal go on when a worker is back', {
    exitCode: exitCodes.interrupted,
    code: 'Interrupted',
  });
}
