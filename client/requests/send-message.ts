import type { z } from 'zod';
import type { Problem } from '../../contract/failures.ts';
import { parseInput } from '../../contract/inputs.ts';
import type { MessageName, MessagePayloads } from '../../contract/messages.ts';
import { slipwayLine } from '../../contract/shell-word.ts';
import type { EnvironmentName } from '../api/environment-name.ts';
import type { SendOptions, Sent } from '../api/messages.ts';
import type { SlipwayClient } from '../api/slipway-client.ts';
import { CommandError } from '../cli/command-error.ts';
import type { Session } from '../cli/session.ts';
import { cleanLine } from '../cli/text.ts';
import { currentPerson } from './current-person.ts';

/** Flags that say how a message is sent. */
export interface SendFlags {
  signal?: boolean;
  timeout?: number;
}

/** Sends one message to one environment. */
export type SendToEnvironment<Name extends MessageName> = (
  slipway: SlipwayClient,
  name: EnvironmentName,
  payload: MessagePayloads[Name],
  options: SendOptions,
) => Promise<Sent>;

/** Reads from the flags how a message is to be sent. */
export function sendOptions({ signal, timeout }: SendFlags): SendOptions {
  return { ...(timeout === undefined ? {} : { timeoutMs: timeout }), ...(signal === true ? { asSignal: true } : {}) };
}

/**
 * Makes the payload of a person's message as the run will parse it. Throws a CommandError with all problems, those
 * that were found before among them.
 */
export async function messagePayload<T>(
  { environment }: Session,
  schema: z.ZodType<T>,
  { by, ...fields }: { by?: string | undefined } & Record<string, unknown>,
  others: readonly Problem[] = [],
): Promise<T> {
  const parsed = parseInput(schema, { by: await currentPerson(by, environment), ...fields });
  const problems = [...others, ...('problems' in parsed ? parsed.problems : [])];
  if ('problems' in parsed || problems.length > 0) throw CommandError.badInput(problems);
  return parsed.input;
}

/** Prints the answer to a message, or that the server keeps it for the run. */
export function reportSent({ output }: Session, message: string, workflowId: string, sent: Sent): void {
  output.result({ message, workflowId, ...sent });
  if (sent.delivered === 'answered')
    output.line(cleanLine(typeof sent.answer === 'string' ? sent.answer : `${message}: accepted`));
  else
    output.line(
      cleanLine(`${message} was sent to ${workflowId}; see the result: ${slipwayLine('status', workflowId)}`),
    );
}
