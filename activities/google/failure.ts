import { Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { Status } from 'google-gax';
import type { StepFailureType } from '../../contract/failures.ts';
import { finalFailure } from '../failure.ts';
import { CallError } from './call.ts';

/** The type of a failure that a repeat may mend; Temporal repeats the activity. */
const unavailableType = 'Unavailable';

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

/**
 * Attempts after refused credentials. The client library refreshes a token that has just expired; credentials that stay
 * refused are not worth a long wait.
 */
const signInAttempts = 4;
const quotaPauseMs = 5_000;

/** Runs a port's method and classifies its errors, once, here. Nothing outside this folder knows a gRPC status. */
export async function classified<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw asFailure(error);
  }
}

/** Makes the failure that an activity ends with. An error that is no call's is passed on. */
export function asFailure(error: unknown): unknown {
  if (!(error instanceof CallError)) return error;
  const { code, retryDelayMs } = error;
  const message = `${error.message} (${Status[code] ?? `status ${code}`})`;
  if (code === Status.UNAUTHENTICATED)
    return ApplicationFailure.create({ type: 'Denied', message, nonRetryable: activityAttempt() >= signInAttempts });
  if (retryable.has(code))
    return ApplicationFailure.create({ type: unavailableType, message, ...pauseBefore(code, retryDelayMs) });
  return finalFailure(finalTypes[code] ?? 'Unknown', message);
}

/** Reads the pause that the platform asks for, or takes one if a quota is used up. */
function pauseBefore(code: Status, retryDelayMs: number | undefined): { nextRetryDelay?: number } {
  if (retryDelayMs !== undefined) return { nextRetryDelay: retryDelayMs };
  return code === Status.RESOURCE_EXHAUSTED ? { nextRetryDelay: quotaPauseMs } : {};
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

function activityAttempt(): number {
  try {
    return Context.current().info.attempt;
  } catch {
    // Outside an activity, as in a test of the adapter, there is one attempt.
    return 1;
  }
}
