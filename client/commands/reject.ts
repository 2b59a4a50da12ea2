import { answerApproval, type ApprovalFlags } from '../requests/approval.ts';
import { flags } from '../cli/flags.ts';
import type { CommandModule } from '../cli/command.ts';
import { messageNames } from '../../contract/messages.ts';
import { whichRun } from '../requests/which-run.ts';

export const reject: CommandModule<ApprovalFlags> = {
  summary: 'reject the plan of a run that waits for approval',
  description: 'Sends the message reject: the run ends as Rejected, and nothing was changed.',
  arguments: [['<run>', 'the workflow id; or a service, together with --environment']],
  flags: [
    flags.environment,
    flags.by,
    ['--role <role>', 'the role that you decide in, when you hold several'],
    ['--plan <hash>', 'the plan that you have read, at least its first 12 digits'],
    flags.note,
    flags.key,
    flags.print,
    flags.signal,
    flags.timeout,
  ],
  examples: [
    './slipway reject openagents-runtime --environment production --by ann@example.com --note "not before the holiday"',
  ],
  connects: true,
  run: async (session, options, given) => {
    const slipway = await session.slipway();
    const run = await whichRun(slipway, { given: given ?? '', environment: options.environment, phases: ['approval'] });
    return answerApproval(session, slipway, run, messageNames.reject, options);
  },
};
