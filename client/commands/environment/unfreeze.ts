import { flags } from '../../cli/flags.ts';
import { environmentCommand } from './environment-command.ts';

export const unfreeze = environmentCommand({
  message: 'unfreeze',
  flags: [flags.signal],
  examples: ['./slipway environment unfreeze openagents-runtime --environment production --reason "the sale is over"'],
  send: async (slipway, ...message) => slipway.unfreeze(...message),
});
