import type { CommandModule } from '../cli/command.ts';
import { flags, runArgument } from '../cli/flags.ts';

interface Options {
  environment?: string;
}

export const status: CommandModule<Options> = {
  description: [
    'Asks the run itself. When no worker answers within two seconds, what the run last wrote down is shown, marked',
    'stale.',
  ].join(' '),
  arguments: [runArgument],
  flags: [flags.environment],
  examples: [
    './slipway status openagents-runtime --environment production',
    './slipway status deploy-openagents-runtime-production-4f2c9d1a-0b3e5f --json',
  ],
  connects: true,
  run: async (session, { environment }, given = '') => {
    const { showRun } = await import('./show-run.ts');
    return showRun(session, { given, environment });
  },
};
