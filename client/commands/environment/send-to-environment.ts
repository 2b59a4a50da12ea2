import { environmentWorkflowId } from '../../../contract/ids.ts';
import type { SignedMessage } from '../../../contract/message-subject.ts';
import { messageNames, messagePayloads } from '../../../contract/messages.ts';
import { exitCodes, type ExitCode } from '../../cli/exit-codes.ts';
import type { Session } from '../../cli/session.ts';
import { environmentNameOf } from '../../requests/environment-name.ts';
import { messagePayload, reportSent, sendOptions } from '../../requests/send-message.ts';
import { signForEnvironment } from '../../requests/message-signature.ts';
import type { EnvironmentCommand, EnvironmentOptions } from './environment-command.ts';

/** Sends the message of a command to an environment, and prints the answer. */
export async function sendToEnvironment<Name extends SignedMessage, Options extends object>(
  { message, fieldsOf, send }: EnvironmentCommand<Name, Options>,
  session: Session,
  options: Options & EnvironmentOptions,
  service: string | undefined,
): Promise<ExitCode> {
  const { name, problems } = environmentNameOf(service, options.environment);
  const { by, reason, key: file } = options;
  const schema = messagePayloads[message];
  const payload = await messagePayload(session, schema, { by, reason, ...fieldsOf?.(options) }, problems);
  const slipway = await session.slipway();
  const signed = await signForEnvironment(session, slipway, { name, message, file }, payload);
  const sent = await send(slipway, name, signed, sendOptions(options));
  reportSent(session, messageNames[message], environmentWorkflowId(name.service, name.environment), sent);
  return exitCodes.ok;
}
