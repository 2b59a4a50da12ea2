import { ApplicationFailure } from '@temporalio/common';
import { aroundEach } from './each-activity.ts';

/** Errors of this program: another time gives the same. */
const ownErrors = [TypeError, RangeError, ReferenceError];

/**
 * Makes activities whose own errors end them at once, so that a person hears of a defect within seconds and not after
 * all repeats. What the world might mend stays as it is.
 */
export function withFinalOwnErrors<All extends object>(activities: All): All {
  return aroundEach(activities, (run) => run().catch(failOwnErrors));
}

function failOwnErrors(error: unknown): never {
  if (!isOwnError(error)) throw error;
  throw ApplicationFailure.create({
    type: error.name,
    message: `a defect of Slipway, which no repeat mends: ${error.message}`,
    nonRetryable: true,
    cause: error,
  });
}

/** Platform: fetch answers a network that fails by a TypeError, too: that one has a cause. */
export function isOwnError(error: unknown): error is Error {
  return error instanceof Error && error.cause === undefined && ownErrors.some((kind) => error instanceof kind);
}
