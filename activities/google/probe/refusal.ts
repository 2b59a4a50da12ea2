import { Status } from 'google-gax';
import { CallError } from '../call.ts';
import { isCode } from '../failure.ts';

/** Codes by which the platform says that it will not do this, and has done nothing. */
const refusals = [
  Status.INVALID_ARGUMENT,
  Status.ALREADY_EXISTS,
  Status.FAILED_PRECONDITION,
  Status.ABORTED,
  Status.OUT_OF_RANGE,
  Status.UNIMPLEMENTED,
];

/** Codes by which the platform refuses whoever asks. */
const denials = [Status.PERMISSION_DENIED, Status.UNAUTHENTICATED, Status.NOT_FOUND, Status.RESOURCE_EXHAUSTED];

/** What became of a call that the platform may refuse. */
export type Outcome<T> = { answer: T; refusal?: undefined } | { answer?: undefined; refusal: CallError };

/** Makes a call whose refusal is an answer, too. Every other error is passed on. */
export async function outcomeOf<T>(doing: Promise<T>): Promise<Outcome<T>> {
  try {
    return { answer: await doing };
  } catch (error) {
    if (error instanceof CallError && isCode(error, ...refusals)) return { refusal: error };
    throw error;
  }
}

/** Says of a call's error that nothing was made by it. */
export function isRefusal(error: unknown): boolean {
  return isCode(error, ...refusals, ...denials);
}

/** Names the code of a refusal, as `ABORTED`. */
export function codeName({ code }: CallError): string {
  return Status[code] ?? `status ${code}`;
}
