import type { ApprovalDecision } from '../../contract/statement.ts';
import type { CommandModule } from '../cli/command.ts';
import { flags, runArgument } from '../cli/flags.ts';
import { yesFlag } from '../requests/confirm.ts';
import type { ApprovalFields } from '../requests/approval.ts';
import type { SendFlags } from '../requests/send-message.ts';

export interface AnswerOptions extends ApprovalFields, SendFlags {
  environment?: string;
  print?: boolean;
  yes?: boolean;
  /** Another name of `note`. */
  reason?: string;
}

interface AnswerCommand extends Pick<CommandModule, 'description' | 'examples'> {
  decision: ApprovalDecision;
  /** Help of `--role`. */
  role: string;
}

/** Makes a command that answers a run which waits for an approval: approve or reject. */
export function answerCommand({ decision, role, ...help }: AnswerCommand): CommandModule<AnswerOptions> {
  return {
    ...help,
    arguments: [runArgument],
    flags: [
      flags.environment,
      flags.by,
      ['--role <role>', role],
      ['--plan <hash>', 'the plan that you have read, at least its first 12 digits'],
      flags.note,
      ['--reason <text>', 'another name of --note'],
      flags.key,
      flags.print,
      yesFlag,
      flags.signal,
      flags.timeout,
    ],
    connects: true,
    run: async (session, options, given) => {
      const { answerRun } = await import('./answer-run.ts');
      return answerRun(decision, session, options, given);
    },
  };
}
