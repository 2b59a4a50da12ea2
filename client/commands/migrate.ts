import { migrateInput } from '../../contract/inputs.ts';
import { flags } from '../cli/flags.ts';
import { startCommand } from './start-command.ts';

interface Options {
  environment?: string;
}

export const migrate = startCommand({
  type: 'migrate',
  summary: 'run migration and smoke again for what serves now',
  schema: migrateInput,
  flags: [flags.environment],
  examples: ['./slipway migrate openagents-runtime --environment production --watch'],
  environmentOf: ({ environment }: Options) => environment,
  inputOf: ({ environment }) => ({ environment }),
});
