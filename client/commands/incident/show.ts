import type { CommandModule } from '../../cli/command.ts';
import { flags, runArgument } from '../../cli/flags.ts';
import { showRun } from '../show-run.ts';

interface Options {
  environment?: string;
}

export const show: CommandModule<Options> = {
  summary: 'show what is broken, since when, who is on it, what changed, and what to do next',
  arguments: [runArgument],
  flags: [flags.environment],
  examples: ['./slipway incident show openagents-runtime --environment production'],
  connects: true,
  run: async (session, { environment }, given = '') => showRun(session, { given, environment, types: ['incident'] }),
};
