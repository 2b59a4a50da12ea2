import { answerApproval, type ApprovalFlags } from '../requests/approval.ts';
import { flags } from '../cli/flags.ts';
import type { CommandModule } from '../cli/command.ts';
import { messageNames } from '../../contract/messages.ts';
import { whichRun } from '../requests/which-run.ts';

export const approve: CommandModule<ApprovalFlags> = {
  summary: 'approve the plan of a run that waits for it',
  description:
    'Sends the message approve and prints the answer. Without --plan the plan that the run ' +
    'has now is shown and approved; with it, only exactly that plan.',
  arguments: [['<run>', 'the workflow id; or a service, together with --environment']],
  flags: [
    flags.environment,
    flags.by,
    ['--role <role>', 'the role that you approve in, when you hold several'],
    ['--plan <hash>', 'the plan that you have read, at least its first 12 digits'],
    flags.note,
    flags.key,
    flags.print,
    flags.signal,
    flags.timeout,
  ],
  examples: [
    './slipway approve openagents-runtime --environment production --by ann@example.com',
    './slipway approve deploy-openagents-runtime-production-4f2c9d1a-0b3e5f --by ' +
      'ann@example.com --role release-owner --plan 1f0c33ab5d2e',
  ],
  connects: true,
  run: async (session, options, given) => {
    const slipway = await session.slipway();
    const run = await whichRun(slipway, { given: given ?? '', environment: options.environment, phases: ['approval'] });
    return answerApproval(session, slipway, run, messageNames.approve, options);
  },
};
