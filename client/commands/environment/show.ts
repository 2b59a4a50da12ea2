import type { CommandModule } from '../../command.ts';
import { CommandError } from '../../command-error.ts';
import { placeOf } from '../../environment-message.ts';
import { exitCodes } from '../../exit-codes.ts';
import { flags } from '../../flags.ts';
import { environmentLines } from '../../view/environment.ts';

interface Options {
  environment?: string;
}

export const show: CommandModule<Options> = {
  summary: 'who holds an environment, who waits, freezes, holds and the ledger',
  arguments: [['<service>', 'the service, as the catalog names it']],
  flags: [flags.environment],
  examples: ['./slipway environment show openagents-runtime --environment production'],
  connects: true,
  run: async ({ output, ...session }, options, service) => {
    const slipway = await session.slipway();
    const status = await slipway.environment(placeOf(service, options.environment));
    if (status === undefined) throw CommandError.unreachable('no worker answers', ['start one: ./slipway worker']);
    output.result(status);
    for (const line of environmentLines(status, output.colors)) output.line(line);
    return exitCodes.ok;
  },
};
