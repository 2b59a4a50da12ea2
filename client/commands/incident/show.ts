import type { CommandModule } from '../../cli/command.ts';
import { flags, runArgument } from '../../cli/flags.ts';

interface Options {
  environment?: string;
}

export const show: CommandModule<Options> = {
  arguments: [runArgument],
  flags: [flags.environment],
  examples: ['./slipway incident show openagents-runtime --environment production'],
  connects: true,
  run: async (session, { environment }, given = '') => {
    const { showRun } = await import('../show-run.ts');
    return showRun(session, { given, environment, types: ['incident'] });
  },
};
