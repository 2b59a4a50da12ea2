import { flags } from '../../cli/flags.ts';
import { environmentCommand } from './environment-command.ts';

interface Options {
  until?: string;
}

export const freeze = environmentCommand({
  message: 'freeze',
  description:
    'A rollback and the mitigation of an incident stay possible. A release that has not shifted traffic yet waits.',
  flags: [flags.until],
  fieldsOf: ({ until }: Options) => ({ until }),
  examples: ['./slipway environment freeze agento --environment production --reason "sale weekend" --until 2d'],
  send: async (slipway, ...message) => slipway.freeze(...message),
});
