import { adoptPayload } from '../../../contract/messages.ts';
import { flags } from '../../cli/flags.ts';
import { environmentCommand } from './environment-command.ts';

export const adopt = environmentCommand({
  message: 'adopt',
  summary: 'take what serves for what should, though it differs from the ledger',
  description: [
    'The drift that ./slipway drift has found is adopted: promotions go on, and the ledger has what serves, why, and',
    'who said so. It looks once more, and refuses if it finds another drift by then.',
  ].join(' '),
  schema: adoptPayload,
  flags: [flags.signal],
  examples: ['./slipway environment adopt agento --environment staging --reason "more memory, issue 71"'],
  send: async (slipway, ...message) => slipway.adopt(...message),
});
