import { ApplicationFailure, CancellationScope, defineSignal, defineUpdate, setHandler } from '@temporalio/workflow';
import type { z } from 'zod';
import type { BellName } from '../../contract/bells.ts';
import { describeProblems, refusedType } from '../../contract/failures.ts';
import { parseInput } from '../../contract/inputs.ts';

const maxProblems = 10;
const maxRefusalLength = 500;

/** Records messages that were refused. */
export interface RefusalRecord {
  refuse(message: string, by: string, reason: string): void;
}

/** Describes a message: its name, the form of its payload, and what the UI says about it. */
export interface MessageDefinition<T> {
  name: string;
  schema: z.ZodType<T>;
  description: string;
}

/**
 * Parses what a run was started with. Every problem ends the run as `InvalidInput`, before anything is touched.
 */
export function parseStart<T>(schema: z.ZodType<T>, raw: unknown): T {
  const parsed = parseInput(schema, raw);
  if ('input' in parsed) return parsed.input;
  throw ApplicationFailure.create({
    type: 'InvalidInput',
    message: describeProblems(parsed.problems),
    details: [parsed.problems],
    nonRetryable: true,
  });
}

/** Creates the answer of a handler that does not accept a message; the sender and the status show the reason. */
export function refusal(reason: string): ApplicationFailure {
  const failure = ApplicationFailure.create({ type: refusedType, message: reason, nonRetryable: true });
  // The UI shows a stack below the message; where in our code a message was refused helps nobody who sent it.
  failure.stack = '';
  return failure;
}

/**
 * Registers a message as a signal and as an update of the same name. Both are total: what is malformed or not allowed
 * is recorded and answered with `Refused`, and nothing is thrown into the workflow task. There is no update validator,
 * since what a validator turns down leaves no trace, and a refusal must show in the status.
 */
export function onMessage<T>(
  record: RefusalRecord,
  message: MessageDefinition<T>,
  handler: (payload: T) => string | Promise<string>,
): void {
  onSignal(record, message, handler);
  onUpdate(record, message, handler);
}

/**
 * Registers a bell: a signal of another run of ours. Total, as `onMessage` is. `hear` asks the other side, also while
 * this run is being cancelled, and throws when that does not bear the bell out.
 */
export function onBell<T>(
  record: RefusalRecord,
  name: BellName,
  schema: z.ZodType<T>,
  hear: (bell: T) => Promise<void>,
): void {
  const description = 'Sent by our own runs; not for people';
  onSignal(record, { name, schema, description }, (bell) => CancellationScope.nonCancellable(() => hear(bell)));
}

function onSignal<T>(
  record: RefusalRecord,
  { name, schema, description }: MessageDefinition<T>,
  handler: (payload: T) => unknown,
): void {
  setHandler(
    defineSignal<[unknown]>(name),
    async (raw) => {
      try {
        await handler(parsePayload(schema, raw));
      } catch (error) {
        recordRefusal(record, name, raw, error);
      }
    },
    { description },
  );
}

function onUpdate<T, Answer>(
  record: RefusalRecord,
  { name, schema, description }: MessageDefinition<T>,
  handler: (payload: T) => Answer | Promise<Answer>,
): void {
  setHandler(
    defineUpdate<Answer, [unknown]>(name),
    async (raw) => {
      try {
        return await handler(parsePayload(schema, raw));
      } catch (error) {
        throw recordRefusal(record, name, raw, error);
      }
    },
    { description },
  );
}

/** Parses the payload of a message; refuses it with what is wrong, in one line of bounded length. */
export function parsePayload<T>(schema: z.ZodType<T>, raw: unknown): T {
  const parsed = parseInput(schema, raw);
  if ('input' in parsed) return parsed.input;
  throw refusal(describeProblems(parsed.problems.slice(0, maxProblems)).slice(0, maxRefusalLength));
}

function recordRefusal(record: RefusalRecord, name: string, raw: unknown, error: unknown): ApplicationFailure {
  const failure = error instanceof ApplicationFailure ? error : refusal('the message could not be judged');
  record.refuse(name, senderOf(raw), failure.message);
  return failure.type === refusedType ? failure : refusal(failure.message);
}

function senderOf(raw: unknown): string {
  const by = raw !== null && typeof raw === 'object' && 'by' in raw ? raw.by : '';
  return typeof by === 'string' ? by : '';
}
