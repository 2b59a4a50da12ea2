import { breakLockPayload } from '../../../contract/messages.ts';
import { flags } from '../../cli/flags.ts';
import { environmentCommand } from './environment-command.ts';

export const breakLock = environmentCommand({
  message: 'breakLock',
  summary: 'take the environment from its holder, after a look at what it left',
  schema: breakLockPayload,
  flags: [flags.signal],
  examples: ['./slipway environment break-lock agento --environment production --reason "its worker is gone for good"'],
  send: async (slipway, ...message) => slipway.breakLock(...message),
});
