import type { CommandModule, Flag } from '../../cli/command.ts';
import { flags, required } from '../../cli/flags.ts';
import type { SendFlags, SendToEnvironment } from '../../requests/send-message.ts';

export interface StopLineOptions extends SendFlags {
  all?: boolean;
  by?: string;
  reason?: string;
  catalog?: string;
  until?: string;
  key?: string;
}

export interface StopLineCommand<Name extends 'freeze' | 'unfreeze'> extends Pick<
  CommandModule,
  'description' | 'examples'
> {
  name: Name;
  /** The command's own flags; those of both commands are added. */
  flags: Flag[];
  /** Tells one environment. */
  send: SendToEnvironment<Name>;
}

/**
 * Makes a command that tells every environment of the catalog, or of one service. Problems are all told before any
 * environment is; afterwards each has its own end, and the command can be repeated until all have it.
 */
export function stopLineCommand<Name extends 'freeze' | 'unfreeze'>(
  command: StopLineCommand<Name>,
): CommandModule<StopLineOptions> {
  const { description, examples } = command;
  return {
    ...(description === undefined ? {} : { description }),
    arguments: [['[service]', 'only the environments of this service', { names: 'services' }]],
    flags: [
      required(['--all', 'every environment; without it nothing is done']),
      required(flags.reason),
      flags.by,
      flags.key,
      ...command.flags,
      flags.signal,
      flags.timeout,
      flags.catalog,
    ],
    examples,
    connects: true,
    run: async (session, options, service) => {
      const { tellEveryEnvironment } = await import('./tell-every-environment.ts');
      return tellEveryEnvironment(command, session, options, service);
    },
  };
}
