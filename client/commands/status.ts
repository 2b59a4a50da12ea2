import type { CommandModule } from '../cli/command.ts';
import { exitCodes } from '../cli/exit-codes.ts';
import { flags } from '../cli/flags.ts';
import { statusLines } from '../view/status.ts';
import { whichRun } from '../requests/which-run.ts';

interface Options {
  environment?: string;
}

export const status: CommandModule<Options> = {
  summary: 'what a run is doing, what it waits for, and the commands that go on',
  description:
    'Asks the run itself. When no worker answers within two seconds, what the run last wrote ' +
    'down is shown, marked stale.',
  arguments: [['<run>', 'the workflow id; or a service, together with --environment']],
  flags: [flags.environment],
  examples: [
    './slipway status openagents-runtime --environment production',
    './slipway status deploy-openagents-runtime-production-4f2c9d1a-0b3e5f --json',
  ],
  connects: true,
  run: async (session, options, given) => {
    const slipway = await session.slipway();
    const run = await whichRun(slipway, { given: given ?? '', environment: options.environment, closedToo: true });
    const report = await slipway.status(run);
    session.output.result(report);
    for (const line of statusLines(report, session.output.colors)) session.output.line(line);
    return exitCodes.ok;
  },
};
