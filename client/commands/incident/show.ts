import type { CommandModule } from '../../cli/command.ts';
import { exitCodes } from '../../cli/exit-codes.ts';
import { flags, runArgument } from '../../cli/flags.ts';
import { resolveRun } from '../../requests/resolve-run.ts';
import { runLines } from '../../view/status.ts';

interface Options {
  environment?: string;
}

export const show: CommandModule<Options> = {
  summary: 'show what is broken, since when, who is on it, what changed, and what to do next',
  arguments: [runArgument],
  flags: [flags.environment],
  examples: ['./slipway incident show openagents-runtime --environment production'],
  connects: true,
  run: async (session, { environment }, given = '') => {
    const slipway = await session.slipway();
    const run = await resolveRun(slipway, { given, environment, types: ['incident'], closedToo: true });
    const report = await slipway.status(run);
    session.output.result(report);
    for (const line of runLines(report, session.output)) session.output.line(line);
    return exitCodes.ok;
  },
};
