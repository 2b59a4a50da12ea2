import type { z } from 'zod';
import { messageNames, type IncidentMessage } from '../../../contract/messages.ts';
import type { CommandModule, Flag } from '../../cli/command.ts';
import { exitCodes } from '../../cli/exit-codes.ts';
import { flags, runArgument } from '../../cli/flags.ts';
import { resolveRun } from '../../requests/resolve-run.ts';
import { messagePayload, reportSent, sendOptions, type SendFlags } from '../../requests/send-message.ts';

interface CommonOptions extends SendFlags {
  environment?: string;
  by?: string;
}

interface IncidentCommand<Options> extends Pick<CommandModule, 'summary' | 'description' | 'examples'> {
  message: IncidentMessage;
  schema: z.ZodType<object>;
  /** The command's own flags; those of every message to an incident are added. */
  flags: Flag[];
  /** Picks the fields of the payload that come from the own flags. */
  fieldsOf(options: Options): Record<string, unknown>;
}

/** Makes a command that sends a responder's message to an incident. */
export function incidentCommand<Options extends object>({
  message,
  schema,
  flags: ownFlags,
  fieldsOf,
  ...help
}: IncidentCommand<Options>): CommandModule<Options & CommonOptions> {
  return {
    ...help,
    arguments: [runArgument],
    flags: [...ownFlags, flags.environment, flags.by, flags.signal, flags.timeout],
    connects: true,
    run: async (session, options, given = '') => {
      const { by, environment } = options;
      const payload = await messagePayload(session, schema, { by, ...fieldsOf(options) });
      const slipway = await session.slipway();
      const run = await resolveRun(slipway, { given, environment, types: ['incident'] });
      const sent = await slipway.respond(run, message, payload, sendOptions(options));
      reportSent(session, messageNames[message], run, sent);
      return exitCodes.ok;
    },
  };
}
