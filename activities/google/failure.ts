import { Status } from 'google-gax';
import type { StepFailureType } from '../../contract/failures.ts';
import { classifier, finalFailure, passingFailure, signInFailure } from '../failure.ts';
import { CallError } from './call.ts';

const retryable: ReadonlySet<Status> = new Set([
  Status.CANCELLED,
  Status.UNKNOWN,
  Status.DEADLINE_EXCEEDED,
  Status.RESOURCE_EXHAUSTED,
  Status.ABORTED,
  Status.INTERNAL,
  Status.UNAVAILABLE,
]);

const finalTypes: Readonly<Record<number, StepFailureType>> = {
  [Status.INVALID_ARGUMENT]: 'BadRequest',
  [Status.NOT_FOUND]: 'Missing',
  [Status.ALREADY_EXISTS]: 'BadRequest',
  [Status.PERMISSION_DENIED]: 'Denied',
  [Status.FAILED_PRECONDITION]: 'BadRequest',
  [Status.OUT_OF_RANGE]: 'BadRequest',
  [Status.UNIMPLEMENTED]: 'BadRequest',
};

/** Runs a port's method and classifies its errors. Nothing outside this folder knows a gRPC status. */
export const classified = classifier(asFailure);

/** Makes the failure that an activity ends with. An error that is no call's is passed on. */
export function asFailure(error: unknown): unknown {
  if (!(error instanceof CallError)) return error;
  const { code, retryDelayMs } = error;
  const message = `${error.message} (${Status[code] ?? `status ${code}`})`;
  if (code === Status.UNAUTHENTICATED) return signInFailure(message);
  if (retryable.has(code))
    return passingFailure(message, { askedMs: retryDelayMs, isQuota: code === Status.RESOURCE_EXHAUSTED });
  return finalFailure(finalTypes[code] ?? 'Unknown', message);
}

export function isCode(error: unknown, ...codes: Status[]): boolean {
  return error instanceof CallError && codes.includes(error.code);
}

/** Says whether the answer is missing, so that nobody knows what the call did or still will do. */
export function isOutcomeUnknown(error: unknown): boolean {
  return isCode(error, Status.DEADLINE_EXCEEDED, Status.UNAVAILABLE, Status.CANCELLED, Status.UNKNOWN, Status.INTERNAL);
}

/** Says whether asking again soon may help, between two reads of something that goes on anyway. */
export function isPassing(error: unknown): boolean {
  return error instanceof CallError && retryable.has(error.code);
}
