import { reportSent, sendOptions } from '../requests/approval.ts';
import type { CommandModule } from '../cli/command.ts';
import { CommandError } from '../cli/command-error.ts';
import { parseInput } from '../../contract/inputs.ts';
import { decideActions, decidePayload, messageNames } from '../../contract/messages.ts';
import { exitCodes } from '../cli/exit-codes.ts';
import { flags } from '../cli/flags.ts';
import { whoAsks } from '../requests/person.ts';
import { whichRun } from '../requests/which-run.ts';

interface Options {
  environment?: string;
  action?: string;
  by?: string;
  note?: string;
  evidence?: string;
  signal?: boolean;
  timeout?: string;
}

export const decide: CommandModule<Options> = {
  summary: 'decide what becomes of a run that is parked',
  description:
    'A step whose outcome is unknown waits for a person. ./slipway status says which decisions are possible.',
  arguments: [['<run>', 'the workflow id; or a service, together with --environment']],
  flags: [
    ['--action <action>', decideActions.join(', ')],
    flags.environment,
    flags.by,
    flags.note,
    ['--evidence <text>', 'what you have seen that supports it'],
    flags.signal,
    flags.timeout,
  ],
  examples: [
    './slipway decide openagents-runtime --environment production --action retry --by ' +
      'ann@example.com --note "the platform has recovered"',
  ],
  connects: true,
  run: async (session, { action, note, evidence, ...options }, given) => {
    const by = await whoAsks(options.by, session.environment);
    const parsed = parseInput(decidePayload, { action, by, note, evidence });
    if ('problems' in parsed) throw CommandError.badInput(parsed.problems, ['./slipway decide --help']);
    const slipway = await session.slipway();
    const run = await whichRun(slipway, { given: given ?? '', environment: options.environment, phases: ['parked'] });
    reportSent(session, messageNames.decide, run, await slipway.decide(run, parsed.input, sendOptions(options)));
    return exitCodes.ok;
  },
};
