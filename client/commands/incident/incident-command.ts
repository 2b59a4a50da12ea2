import type { z } from 'zod';
import { messageNames, type IncidentMessage } from '../../../contract/messages.ts';
import type { SlipwayClient } from '../../api/slipway-client.ts';
import { CommandError } from '../../cli/command-error.ts';
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
  /** Says what to do instead where the incident is over. */
  whenClosed?: (workflowId: string) => string[];
}

/** Makes a command that sends a responder's message to an incident. */
export function incidentCommand<Options extends object>({
  message,
  schema,
  flags: ownFlags,
  fieldsOf,
  whenClosed = reportHints,
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
      const run = await resolveRun(slipway, { given, environment, types: ['incident'], closedToo: true });
      await requireOpen(slipway, run, whenClosed);
      const sent = await slipway.respond(run, message, payload, sendOptions(options));
      reportSent(session, messageNames[message], run, sent);
      return exitCodes.ok;
    },
  };
}

/** Refuses at once what a closed incident cannot hear, with what to do instead. */
async function requireOpen(slipway: SlipwayClient, run: string, hints: (run: string) => string[]): Promise<void> {
  const closed = await slipway.closedAt(run);
  if (closed === null) return;
  throw CommandError.refused(`${run} is closed since ${closed} and takes no message any more`, hints(run));
}

function reportHints(run: string): string[] {
  return [`what happened: ./slipway incident report ${run}`, 'if it is back, open another: ./slipway incident open'];
}
