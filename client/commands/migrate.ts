import { flags, required } from '../cli/flags.ts';
import { startCommand } from './start-command.ts';

interface Options {
  environment?: string;
}

export const migrate = startCommand({
  type: 'migrate',
  flags: [required(flags.environment)],
  examples: ['./slipway migrate openagents-runtime --environment production --watch'],
  environmentOf: ({ environment }: Options) => environment,
  inputOf: ({ environment }) => ({ environment }),
});
