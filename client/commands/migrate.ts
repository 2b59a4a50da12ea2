import { flags } from '../cli/flags.ts';
import { startCommand } from './start-command.ts';

interface Options {
  environment?: string;
}

export const migrate = startCommand({
  type: 'migrate',
  flags: [flags.ownEnvironment],
  examples: ['./slipway migrate openagents-runtime --environment production --watch'],
  environmentOf: ({ environment }: Options) => environment,
  inputOf: ({ environment }) => ({ environment }),
});
