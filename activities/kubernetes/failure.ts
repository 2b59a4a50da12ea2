import { Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import type { StepFailureType } from '../../contract/failures.ts';
import { finalFailure } from '../failure.ts';
import { CallError } from './call-error.ts';

/** The type of a failure that a repeat may mend; Temporal repeats the activity. */
const unavailableType = 'Unavailable';

const finalTypes: Readonly<Record<number, StepFailureType>> = {
  400: 'BadRequest',
  403: 'Denied',
  404: 'Missing',
  405: 'BadRequest',
  406: 'BadRequest',
  413: 'BadRequest',
  415: 'BadRequest',
  422: 'BadRequest',
};

/** Attempts after refused credentials: a token that has just expired is renewed, others are not worth a long wait. */
const signInAttempts = 4;
const quotaPauseMs = 5_000;

/** Runs a port's method and classifies its errors, once, here. Nothing outside this folder knows an HTTP status. */
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
  const { status, reason } = error;
  const message = `${error.message} (${reason || (status === undefined ? 'no answer' : `status ${status}`)})`;
  if (status === 401)
    return ApplicationFailure.create({ type: 'Denied', message, nonRetryable: activityAttempt() >= signInAttempts });
  if (status === 409) return conflict(error, message);
  if (isPassing(error)) return ApplicationFailure.create({ type: unavailableType, message, ...pauseBefore(error) });
  return finalFailure(finalTypes[status ?? 0] ?? 'Unknown', message);
}

/**
 * A field that another manager owns stays so until a person decides. An object that was written in between is looked
 * at again, by a repeat of the activity.
 */
function conflict(error: CallError, message: string): ApplicationFailure {
  if (isFieldConflict(error)) return finalFailure('Drifted', message);
  if (error.reason === 'AlreadyExists') return finalFailure('BadRequest', message);
  return ApplicationFailure.create({ type: unavailableType, message });
}

function pauseBefore({ status, retryAfterMs }: CallError): { nextRetryDelay?: number } {
  if (retryAfterMs !== undefined) return { nextRetryDelay: retryAfterMs };
  return status === 429 ? { nextRetryDelay: quotaPauseMs } : {};
}

/** Says whether server-side apply met another manager's fields. Platform: reason FieldManagerConflict. */
export function isFieldConflict(error: unknown): boolean {
  return error instanceof CallError && error.causes.some(({ reason }) => reason === 'FieldManagerConflict');
}

/** Says whether the object was written since it was read, or is another one of the same name. */
export function isOutdated(error: unknown): boolean {
  return error instanceof CallError && error.reason === 'Conflict' && !isFieldConflict(error);
}

export function isMissing(error: unknown): boolean {
  return error instanceof CallError && error.status === 404;
}

export function isAlreadyThere(error: unknown): boolean {
  return error instanceof CallError && error.reason === 'AlreadyExists';
}

/** Says whether the answer is missing, so that nobody knows what the call did or still will do. */
export function isOutcomeUnknown(error: unknown): boolean {
  return error instanceof CallError && !error.isUnsent && (error.status === undefined || error.status >= 500);
}

/** Says whether asking again soon may help. 410: the version of a list or a watch is too old. */
export function isPassing(error: unknown): boolean {
  if (!(error instanceof CallError)) return false;
  const { status } = error;
  return status === undefined || status >= 500 || status === 408 || status === 410 || status === 429;
}

/** Answers undefined for an object that is not there. */
export async function orUndefined<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

function activityAttempt(): number {
  try {
    return Context.current().info.attempt;
  } catch {
    // Outside an activity, as in a test of the adapter, there is one attempt.
    return 1;
  }
}
