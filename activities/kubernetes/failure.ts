import type { ApplicationFailure } from '@temporalio/common';
import type { StepFailureType } from '../../contract/failures.ts';
import { classifier, finalFailure, passingFailure, signInFailure } from '../failure.ts';
import { CallError } from './call-error.ts';

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

/** Runs a port's method and classifies its errors. Nothing outside this folder knows an HTTP status. */
export const classified = classifier(asFailure);

/** Makes the failure that an activity ends with. An error that is no call's is passed on. */
export function asFailure(error: unknown): unknown {
  if (!(error instanceof CallError)) return error;
  const { status, reason } = error;
  const message = `${error.message} (${reason || (status === undefined ? 'no answer' : `status ${status}`)})`;
  if (status === 401) return signInFailure(message);
  if (status === 409) return conflict(error, message);
  if (isPassing(error)) return passingFailure(message, { askedMs: error.retryAfterMs, isQuota: status === 429 });
  return finalFailure(finalTypes[status ?? 0] ?? 'Unknown', message);
}

/**
 * A field that another manager owns stays so until a person decides. An object that was written in between is looked
 * at again, by a repeat of the activity.
 */
function conflict(error: CallError, message: string): ApplicationFailure {
  if (isFieldConflict(error)) return finalFailure('Drifted', message);
  if (error.reason === 'AlreadyExists') return finalFailure('BadRequest', message);
  return passingFailure(message);
}

/** Says whether server-side apply met another manager's fields. Platform: reason FieldManagerConflict. */
export function isFieldConflict(error: unknown): boolean {
  return error instanceof CallError && error.causes.some(({ reason }) => reason === 'FieldManagerConflict');
}

/** Says whether the object was written since it was read, or is another one of the same name. */
export function isOutdated(error: unknown): boolean {
  return error instanceof CallError && error.reason === 'Conflict' && !isFieldConflict(error);
}

function isMissing(error: unknown): boolean {
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
