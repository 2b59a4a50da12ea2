import type { CommandModule } from '../cli/command.ts';
import { CommandError } from '../cli/command-error.ts';
import { exitCodes } from '../cli/exit-codes.ts';
import { flags, runArgument } from '../cli/flags.ts';
import { resolveRun } from '../requests/resolve-run.ts';
import { slipwayLine } from '../../contract/shell-word.ts';

interface Options {
  environment?: string;
}

export const plan: CommandModule<Options> = {
  arguments: [runArgument],
  flags: [flags.environment],
  examples: [
    './slipway plan openagents-runtime --environment production',
    './slipway plan openagents-runtime --environment production --json',
  ],
  connects: true,
  run: async ({ output, ...session }, options, given = '') => {
    const { planLines } = await import('../view/plan.ts');
    const slipway = await session.slipway();
    const run = await resolveRun(session, slipway, { given, environment: options.environment, closedToo: true });
    const found = await slipway.plan(run);
    if (found === undefined)
      throw CommandError.unreachable(`no worker answers: ${await slipway.silence()}`, ['start one: ./slipway worker']);
    if (found === null) throw CommandError.notFound('the run has no plan yet', [slipwayLine('watch', run)]);
    output.result(found);
    for (const line of planLines(found, output.colors)) output.line(line);
    return exitCodes.ok;
  },
};
