import type { SignedMessage } from '../../../contract/message-subject.ts';
import type { CommandModule, Flag } from '../../cli/command.ts';
import { flags, required, serviceArgument } from '../../cli/flags.ts';
import type { SendFlags, SendToEnvironment } from '../../requests/send-message.ts';

export interface EnvironmentOptions extends SendFlags {
  environment?: string;
  by?: string;
  reason?: string;
  key?: string;
}

export interface EnvironmentCommand<Name extends SignedMessage, Options> extends Pick<
  CommandModule,
  'description' | 'examples'
> {
  message: Name;
  /** The command's own flags; those of every message to an environment are added. */
  flags: Flag[];
  /** Picks the fields of the payload that come from the own flags. */
  fieldsOf?(options: Options): Record<string, unknown>;
  send: SendToEnvironment<Name>;
}

/** Makes a command that sends an operator's message to an environment. */
export function environmentCommand<Name extends SignedMessage, Options extends object = object>(
  command: EnvironmentCommand<Name, Options>,
): CommandModule<Options & EnvironmentOptions> {
  const { description, examples } = command;
  return {
    ...(description === undefined ? {} : { description }),
    arguments: [serviceArgument],
    flags: [flags.ownEnvironment, required(flags.reason), flags.by, flags.key, flags.timeout, ...command.flags],
    examples,
    connects: true,
    run: async (session, options, service) => {
      const { sendToEnvironment } = await import('./send-to-environment.ts');
      return sendToEnvironment(command, session, options, service);
    },
  };
}
