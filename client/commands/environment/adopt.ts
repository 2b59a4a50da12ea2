import { flags } from '../../cli/flags.ts';
import { environmentCommand } from './environment-command.ts';

export const adopt = environmentCommand({
  message: 'adopt',
  description: [
    'The drift that ./slipway drift has found is adopted: promotions go on, and the ledger has what serves, why, and',
    'who said so. It looks once more, and refuses if it finds another drift by then.',
  ].join(' '),
  flags: [flags.signal],
  examples: ['./slipway environment adopt agento --environment staging --reason "more memory, issue 71"'],
  send: async (slipway, ...message) => slipway.adopt(...message),
});
