import { flags } from '../../cli/flags.ts';
import { environmentCommand } from './environment-command.ts';

export const breakLock = environmentCommand({
  message: 'breakLock',
  flags: [flags.signal],
  examples: ['./slipway environment break-lock agento --environment production --reason "its worker is gone for good"'],
  send: async (slipway, ...message) => slipway.breakLock(...message),
});
