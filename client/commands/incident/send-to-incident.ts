import type { z } from 'zod';
import { messageNames, messagePayloads } from '../../../contract/messages.ts';
import { slipwayLine } from '../../../contract/shell-word.ts';
import type { SlipwayClient } from '../../api/slipway-client.ts';
import { CommandError } from '../../cli/command-error.ts';
import { exitCodes, type ExitCode } from '../../cli/exit-codes.ts';
import type { Session } from '../../cli/session.ts';
import { resolveRun } from '../../requests/resolve-run.ts';
import { signForIncident } from '../../requests/message-signature.ts';
import { messagePayload, reportSent, sendOptions } from '../../requests/send-message.ts';
import type { IncidentCommand, IncidentOptions } from './incident-command.ts';

/** Sends the message of a command to an incident, and prints the answer. */
export async function sendToIncident<Options extends object>(
  { message, fieldsOf, whenClosed = reportHints }: IncidentCommand<Options>,
  session: Session,
  options: Options & IncidentOptions,
  given = '',
): Promise<ExitCode> {
  const { by, environment, key: file } = options;
  const schema: z.ZodType<object & { by: string }> = messagePayloads[message];
  const payload = await messagePayload(session, schema, { by, ...fieldsOf(options) });
  const slipway = await session.slipway();
  const run = await resolveRun(session, slipway, { given, environment, types: ['incident'], closedToo: true });
  await requireOpen(slipway, run, whenClosed);
  const signed = await signForIncident(session, slipway, { run, message, file }, payload);
  const sent = await slipway.respond(run, message, signed, sendOptions(options));
  reportSent(session, messageNames[message], run, sent);
  return exitCodes.ok;
}

/** Refuses at once what a closed incident cannot hear, with what to do instead. */
async function requireOpen(slipway: SlipwayClient, run: string, hints: (run: string) => string[]): Promise<void> {
  const closed = await slipway.closedAt(run);
  if (closed === null) return;
  throw CommandError.refused(`${run} is closed since ${closed} and takes no message any more`, hints(run));
}

function reportHints(run: string): string[] {
  const another = 'if it is back, open another: ./slipway incident open --help';
  return [`what happened: ${slipwayLine('incident report', run)}`, another];
}
