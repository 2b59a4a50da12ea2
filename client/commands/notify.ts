import type { ChannelTrial } from '../../contract/channel-trial.ts';
import { flags, required, serviceArgument } from '../cli/flags.ts';
import { listIn, lookCommand } from './look-command.ts';

interface NotifyOptions {
  test?: boolean;
  by?: string;
  channel?: string;
}

export const notify = lookCommand<NotifyOptions>({
  type: 'testNotifications',
  description: [
    'Sends one test message through each channel of the environment, and says whether it was taken, or why not, and',
    'what to do. The worker sends it: secrets stay there. Nobody is paged. Mail for the people of roles goes to you',
    'alone.',
  ].join(' '),
  arguments: [serviceArgument],
  flags: [
    required(['--test', 'send a test; without it nothing is sent']),
    flags.ownEnvironment,
    ['--channel <name>', 'only this channel, as the catalog names it'],
    flags.by,
    flags.timeout,
  ],
  examples: [
    './slipway notify --test agento --environment production',
    './slipway notify --test agento --environment production --channel oncall --json',
  ],
  more: async ({ environment }, { by, channel }) => {
    const { currentPerson } = await import('../requests/current-person.ts');
    return { requestedBy: await currentPerson(by, environment), ...(channel !== undefined && { channel }) };
  },
  problems: ({ test }) => (test ? [] : [{ path: '--test', message: 'must be given: there is nothing else to send' }]),
  lines: async (report, colors) => {
    const { checkLine } = await import('../view/check-line.ts');
    const { cleanLine } = await import('../cli/text.ts');
    return listIn<ChannelTrial>(report, 'channels').flatMap(({ kind, name, next, ...finding }) => [
      `  ${checkLine({ name: `${name} (${kind})`, ...finding }, colors)}`,
      ...(next === null ? [] : [colors.yellow(`    → ${cleanLine(next)}`)]),
    ]);
  },
});
