import { environmentCommand } from './environment-command.ts';

interface Options {
  until?: string;
}

export const freeze = environmentCommand({
  message: 'freeze',
  description:
    'A rollback and the mitigation of an incident stay possible. A release that has not shifted traffic yet waits.',
  flags: [['--until <time>', 'when it ends by itself, such as 2026-03-01T18:00:00Z']],
  fieldsOf: ({ until }: Options) => ({ until }),
  examples: [
    './slipway environment freeze agento --environment production --reason "sale weekend" --until 2026-03-01T18:00:00Z',
  ],
  send: async (slipway, ...message) => slipway.freeze(...message),
});
