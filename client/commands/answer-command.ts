import { messageNames } from '../../contract/messages.ts';
import { shortHash } from '../../contract/plan.ts';
import type { ApprovalDecision } from '../../contract/statement.ts';
import type { SlipwayClient } from '../api/slipway-client.ts';
import { CommandError } from '../cli/command-error.ts';
import type { CommandModule } from '../cli/command.ts';
import { exitCodes } from '../cli/exit-codes.ts';
import { flags, runArgument } from '../cli/flags.ts';
import type { Session } from '../cli/session.ts';
import { approvalPayload, type ApprovalFields } from '../requests/approval.ts';
import { resolveRun } from '../requests/resolve-run.ts';
import { reportSent, sendOptions, type SendFlags } from '../requests/send-message.ts';
import { planLines } from '../view/plan.ts';

interface Options extends ApprovalFields, SendFlags {
  environment?: string;
  print?: boolean;
}

interface AnswerCommand extends Pick<CommandModule, 'summary' | 'description' | 'examples'> {
  decision: ApprovalDecision;
  /** Help of `--role`. */
  role: string;
}

/** Makes a command that answers a run which waits for an approval: approve or reject. */
export function answerCommand({ decision, role, ...help }: AnswerCommand): CommandModule<Options> {
  return {
    ...help,
    arguments: [runArgument],
    flags: [
      flags.environment,
      flags.by,
      ['--role <role>', role],
      ['--plan <hash>', 'the plan that you have read, at least its first 12 digits'],
      flags.note,
      flags.key,
      flags.print,
      flags.signal,
      flags.timeout,
    ],
    connects: true,
    run: async (session, options, given = '') => {
      const slipway = await session.slipway();
      const run = await resolveRun(slipway, { given, environment: options.environment, phases: ['approval'] });
      const { by, role, note, key } = options;
      const plan = options.plan ?? (await showPendingPlan(session, slipway, run));
      const payload = await approvalPayload(session, slipway, run, decision, { by, plan, role, note, key });
      if (options.print === true) {
        session.output.result({ workflowId: run, message: decision, payload });
        session.output.line(JSON.stringify(payload));
        return exitCodes.ok;
      }
      const sent = await slipway[decision](run, payload, sendOptions(options));
      reportSent(session, messageNames[decision], run, sent);
      return exitCodes.ok;
    },
  };
}

/** Shows the plan that the run asks about now, and answers its hash. */
async function showPendingPlan({ output }: Session, slipway: SlipwayClient, workflowId: string): Promise<string> {
  const plan = await slipway.pendingPlan(workflowId);
  if (plan === undefined) {
    throw CommandError.unreachable('no worker answers, so the plan cannot be shown', [
      'start one: ./slipway worker',
      'or name the plan that you have read: --plan <hash> --signal',
    ]);
  }
  if (plan === null)
    throw CommandError.refused('the run has no plan that waits for an answer', [`./slipway watch ${workflowId}`]);
  for (const line of planLines(plan, output.colors)) output.line(line);
  output.note(`answering for plan ${shortHash(plan.hash)}`);
  return plan.hash;
}
