import { flags } from '../../cli/flags.ts';
import { environmentCommand } from './environment-command.ts';

interface Options {
  digest?: string;
}

export const lift = environmentCommand({
  message: 'lift',
  flags: [['--digest <digest>', 'only this artifact: sha256:<64 digits>; without it every hold'], flags.signal],
  fieldsOf: ({ digest }: Options) => ({ digest }),
  examples: ['./slipway environment lift agento --environment production --reason "the backend is configured now"'],
  send: async (slipway, ...message) => slipway.lift(...message),
});
