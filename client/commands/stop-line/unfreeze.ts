import { stopLineCommand } from './stop-line-command.ts';

export const unfreezeAll = stopLineCommand({
  name: 'unfreeze',
  description: [
    'Ends what ./slipway freeze --all has begun. Freezes of one environment, of an incident and of the catalog go on;',
    'the answer of each environment says so. A stop of one service ends by its own command.',
  ].join(' '),
  flags: [],
  examples: [
    './slipway unfreeze --all --reason "the identity provider answers again"',
    './slipway unfreeze agento --all --reason "its database has moved"',
  ],
  send: async (slipway, ...message) => slipway.unfreeze(...message),
});
