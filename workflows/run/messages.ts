import { defineSignal, defineUpdate, setHandler, ApplicationFailure } from '@temporalio/workflow';
import type { z } from 'zod';
import { describeProblems, refusedType } from '../../contract/failures.ts';
import { parseInput } from '../../contract/inputs.ts';

/** Where refused messages are recorded. */
export interface RefusalRecord {
  refuse(message: string, by: string, reason: string): void;
}

/** Thrown by a judge that does not accept a message; the reason is shown to the sender and in the status. */
export function refusal(reason: string): ApplicationFailure {
  const failure = ApplicationFailure.create({ type: refusedType, message: reason, nonRetryable: true });
  // The UI shows a stack below the message; where in our code a message was refused helps nobody who sent it.
  failure.stack = '';
  return failure;
}

/**
 * Registers a message as a signal and as an update of the same name. Both are total: whatever arrives is parsed here,
 * what is malformed or not allowed is recorded and, for an update, answered with `Refused`; nothing is ever thrown
 * into the workflow task. There is no update validator: what a validator turns down leaves no trace, and a refusal
 * must show in the status.
 */
export function listen<T>(
  record: RefusalRecord,
  name: string,
  schema: z.ZodType<T>,
  description: string,
  judge: (payload: T) => string | Promise<string>,
): void {
  const receive = async (raw: unknown): Promise<string> => {
    const parsed = parseInput(schema, raw);
    if ('problems' in parsed) throw refusal(describeProblems(parsed.problems.slice(0, 10)).slice(0, 500));
    return judge(parsed.input);
  };
  const refused = (raw: unknown, error: unknown): ApplicationFailure => {
    const failure = error instanceof ApplicationFailure ? error : refusal('the message could not be judged');
    record.refuse(name, senderOf(raw), failure.message);
    return failure.type === refusedType ? failure : refusal(failure.message);
  };
  setHandler(
    defineSignal<[unknown]>(name),
    async (raw) => {
      try {
        await receive(raw);
      } catch (error) {
        refused(raw, error);
      }
    },
    { description },
  );
  setHandler(
    defineUpdate<string, [unknown]>(name),
    async (raw) => {
      try {
        return await receive(raw);
      } catch (error) {
        throw refused(raw, error);
      }
    },
    { description },
  );
}

function senderOf(raw: unknown): string {
  const by = raw !== null && typeof raw === 'object' && 'by' in raw ? raw.by : '';
  return typeof by === 'string' ? by.slice(0, 200) : '';
}
