import type { CommandModule } from '../cli/command.ts';
import { CommandError } from '../cli/command-error.ts';
import { exitCodes } from '../cli/exit-codes.ts';
import { flags, runArgument } from '../cli/flags.ts';
import { cleanLine } from '../cli/text.ts';
import { resolveRun } from '../requests/resolve-run.ts';

interface Options {
  environment?: string;
}

export const timeline: CommandModule<Options> = {
  arguments: [runArgument],
  flags: [flags.environment],
  examples: ['./slipway timeline openagents-runtime --environment production'],
  connects: true,
  run: async ({ output, ...session }, options, given = '') => {
    const slipway = await session.slipway();
    const run = await resolveRun(session, slipway, { given, environment: options.environment, closedToo: true });
    const entries = await slipway.timeline(run);
    if (entries === undefined)
      throw CommandError.unreachable(`no worker answers: ${await slipway.silence()}`, [
        'start one: ./slipway worker',
        `without a worker: temporal workflow show --workflow-id ${run}`,
      ]);
    output.result(entries);
    const { datedMomentText, withLocalMoments } = await import('../view/time.ts');
    for (const { at, what } of entries)
      output.line(`${output.colors.dim(datedMomentText(at))} ${withLocalMoments(cleanLine(what))}`);
    return exitCodes.ok;
  },
};
