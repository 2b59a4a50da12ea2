import { flags } from '../../cli/flags.ts';
import { stopLineCommand } from './stop-line-command.ts';

export const freezeAll = stopLineCommand({
  name: 'freeze',
  description: [
    'Freezes every environment that the catalog has now. A rollback and the mitigation of an incident stay possible.',
    'It stands beside freezes that are on. Each environment tells its own end; a repeat changes nothing where it is',
    'on already. An environment that is added to the catalog afterwards is not frozen: send it again.',
  ].join(' '),
  flags: [flags.until],
  examples: [
    './slipway freeze --all --reason "the identity provider is down"',
    './slipway freeze agento --all --reason "its database moves" --until 4h --json',
  ],
  send: async (slipway, ...message) => slipway.freeze(...message),
});
