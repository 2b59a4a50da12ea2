import type { z } from 'zod';
import { environmentWorkflowId } from '../../../contract/ids.ts';
import { messageNames } from '../../../contract/messages.ts';
import type { EnvironmentName } from '../../api/environment-name.ts';
import type { SendOptions, Sent } from '../../api/messages.ts';
import type { SlipwayClient } from '../../api/slipway-client.ts';
import type { CommandModule, Flag } from '../../cli/command.ts';
import { exitCodes } from '../../cli/exit-codes.ts';
import { flags, serviceArgument } from '../../cli/flags.ts';
import { environmentNameOf } from '../../requests/environment-name.ts';
import { messagePayload, reportSent, sendOptions, type SendFlags } from '../../requests/send-message.ts';

interface CommonOptions extends SendFlags {
  environment?: string;
  by?: string;
  reason?: string;
}

interface EnvironmentCommand<Payload, Options> extends Pick<CommandModule, 'summary' | 'description' | 'examples'> {
  message: keyof typeof messageNames;
  schema: z.ZodType<Payload>;
  /** The command's own flags; those of every message to an environment are added. */
  flags: Flag[];
  /** Picks the fields of the payload that come from the own flags. */
  fieldsOf?(options: Options): Record<string, unknown>;
  send(slipway: SlipwayClient, name: EnvironmentName, payload: Payload, options: SendOptions): Promise<Sent>;
}

/** Makes a command that sends an operator's message to an environment. */
export function environmentCommand<Payload, Options extends object = object>({
  message,
  schema,
  flags: ownFlags,
  fieldsOf,
  send,
  ...help
}: EnvironmentCommand<Payload, Options>): CommandModule<Options & CommonOptions> {
  return {
    ...help,
    arguments: [serviceArgument],
    flags: [flags.environment, flags.by, flags.reason, flags.timeout, ...ownFlags],
    connects: true,
    run: async (session, options, service) => {
      const name = environmentNameOf(service, options.environment);
      const { by, reason } = options;
      const payload = await messagePayload(session, schema, { by, reason, ...fieldsOf?.(options) });
      const sent = await send(await session.slipway(), name, payload, sendOptions(options));
      reportSent(session, messageNames[message], environmentWorkflowId(name.service, name.environment), sent);
      return exitCodes.ok;
    },
  };
}
