import { messageNames } from '../../contract/message-names.ts';
import { shortHash } from '../../contract/plan.ts';
import { slipwayLine } from '../../contract/shell-word.ts';
import type { ApprovalDecision } from '../../contract/statement.ts';
import type { RunReport } from '../api/run-report.ts';
import type { SlipwayClient } from '../api/slipway-client.ts';
import { CommandError } from '../cli/command-error.ts';
import { exitCodes, type ExitCode } from '../cli/exit-codes.ts';
import type { Colors } from '../cli/output.ts';
import type { Session } from '../cli/session.ts';
import { cleanLine } from '../cli/text.ts';
import { isConfirmed } from '../requests/confirm.ts';
import { approvalPayload, type ApprovalFields } from '../requests/approval.ts';
import { resolveRun } from '../requests/resolve-run.ts';
import { readPlan } from '../requests/shown-plan.ts';
import { reportSent, sendOptions } from '../requests/send-message.ts';
import type { ComingQuestion } from '../requests/wait-for-question.ts';
import { planLines } from '../view/plan.ts';
import { gateLines, stepLine } from '../view/status.ts';
import type { AnswerOptions } from './answer-command.ts';

/** Answers the run that waits for an approval, signed where it asks for that, and prints what it says. */
export async function answerRun(
  decision: ApprovalDecision,
  session: Session,
  options: AnswerOptions,
  given = '',
): Promise<ExitCode> {
  const slipway = await session.slipway();
  const run = await resolveRun(session, slipway, {
    ...{ given, environment: options.environment, phases: ['approval'] },
    patience: { ms: patienceMs, onWait: (coming) => session.output.note(waitText(coming)) },
  });
  const { by, role, note = options.reason, key, environment } = options;
  const named = environment === undefined ? undefined : { service: given, environment };
  const shown =
    options.plan === undefined ? await showQuestion(session, slipway, run, decision) : { plan: options.plan };
  const payload = await approvalPayload(session, slipway, run, decision, { by, ...shown, role, note, key, named });
  if (options.print === true) {
    session.output.result({ workflowId: run, message: decision, payload });
    session.output.line(JSON.stringify(payload));
    return exitCodes.ok;
  }
  const question = `${decision === 'approve' ? 'Approve' : 'Reject'} this as ${payload.by}?`;
  if (options.plan === undefined && !(await isConfirmed(session, question, options.yes))) return exitCodes.failed;
  const sent = await slipway[decision](run, payload, sendOptions(options));
  reportSent(session, messageNames[decision], run, sent);
  return exitCodes.ok;
}

/** A run asks after preflight, build and plan; again after a migration and a smoke; a release at each stop. */
const patienceMs = 120_000;

function waitText({ workflowId, phase, step }: ComingQuestion): string {
  return `${workflowId} does not ask yet (phase ${phase || 'starting'}): waiting for ${step ?? 'its question'}`;
}

/** Shows what the run asks about now, the plan or the result of a step; answers the question and the plan's hash. */
async function showQuestion(
  { output }: Session,
  slipway: SlipwayClient,
  workflowId: string,
  decision: ApprovalDecision,
): Promise<Pick<ApprovalFields, 'plan' | 'gate'>> {
  const [plan, asked] = await Promise.all([readPlan(slipway, workflowId, decision), askedOf(slipway, workflowId)]);
  if (plan === undefined) {
    throw CommandError.unreachable(`no worker can show the plan: ${await slipway.silence()}`, [
      'start one: ./slipway worker',
      'or name the plan that you have read: --plan <hash> --signal',
    ]);
  }
  if (plan === null)
    throw CommandError.refused('the run has no plan that waits for an answer', [slipwayLine('watch', workflowId)]);
  const { waitingFor } = asked;
  const gate = waitingFor !== null && 'question' in waitingFor ? waitingFor.question : undefined;
  const isOfResult = gate !== undefined && gate !== 'plan';
  for (const line of isOfResult ? resultLines(asked, output.colors) : planLines(plan, output.colors)) output.line(line);
  output.note(`answering for plan ${shortHash(plan.hash)} of ${cleanLine(`${plan.service} in ${plan.environment}`)}`);
  return { plan: plan.hash, gate };
}

/** Reports the run that asks: a release asks through its stop. */
async function askedOf(slipway: SlipwayClient, workflowId: string): Promise<RunReport> {
  const report = await slipway.status(workflowId);
  const child = report.waitingFor?.child;
  return child === undefined ? report : slipway.status(child);
}

/** Shows what is signed off: the question, which has the result, and the checks that were made so far. */
function resultLines({ waitingFor, steps = [] }: RunReport, colors: Colors): string[] {
  const checked = steps.filter(({ gates }) => gates !== undefined);
  return [
    cleanLine(waitingFor?.what ?? ''),
    ...checked.flatMap((step) => [stepLine(step, colors), ...gateLines(step, colors)]),
  ];
}
