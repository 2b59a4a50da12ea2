import type { CommandModule } from '../cli/command.ts';
import { exitCodes } from '../cli/exit-codes.ts';
import { flags, runArgument } from '../cli/flags.ts';
import { resolveRun } from '../requests/resolve-run.ts';

interface Options {
  environment?: string;
  timeout?: number;
}

export const watch: CommandModule<Options> = {
  description: [
    'Shows a live view on a terminal, one line for each change in a pipe, the last report with --json.',
    'Ends with the exit code of the run. Ctrl-C leaves the run alone.',
  ].join(' '),
  arguments: [runArgument],
  flags: [flags.environment, flags.timeout],
  examples: [
    './slipway watch openagents-runtime --environment production',
    './slipway watch deploy-openagents-runtime-production-4f2c9d1a-0b3e5f --timeout 600 --json',
  ],
  connects: true,
  handlesInterrupt: true,
  run: async (session, options, given = '') => {
    const { noteRunGoesOn } = await import('./follow-started.ts');
    const { watchRun } = await import('../view/watch.ts');
    const slipway = await session.slipway();
    const run = await resolveRun(session, slipway, { given, environment: options.environment, closedToo: true });
    const { link } = await slipway.status(run);
    if (link !== null) session.output.line(`${session.output.colors.dim('see')} ${link}`);
    const { report, exitCode } = await watchRun(slipway, session.output, run, {
      signal: session.interrupted,
      ...(options.timeout === undefined ? {} : { timeoutMs: options.timeout }),
    });
    session.output.result(report);
    if (exitCode === exitCodes.interrupted || exitCode === exitCodes.stillRunning) noteRunGoesOn(session, run);
    return exitCode;
  },
};
