import { Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import {
  catalogUnreadType,
  describeProblems,
  type OutcomeType,
  type Problem,
  type StepFailureType,
} from '../contract/failures.ts';

/** Makes a failure that no repeat can mend. The workflow asks for its type. */
export function finalFailure(
  type: StepFailureType | OutcomeType,
  message: string,
  details: unknown[] = [],
): ApplicationFailure {
  return ApplicationFailure.create({ type, message, nonRetryable: true, details });
}

/** Says whether an error is a final failure of one of these types. */
export function isFinal(error: unknown, ...types: StepFailureType[]): error is ApplicationFailure {
  return error instanceof ApplicationFailure && types.some((type) => type === error.type);
}

/** Says whether an error is a failure that no repeat can mend, of whichever type. */
export function isPermanent(error: unknown): error is ApplicationFailure {
  return error instanceof ApplicationFailure && error.nonRetryable === true;
}

/** Makes the failure of a wrong input, with all its problems at once. */
export function invalidInput(problems: readonly Problem[]): ApplicationFailure {
  return finalFailure('InvalidInput', describeProblems(problems), [problems]);
}

/** The type of a failure that a repeat may mend; Temporal repeats the activity. */
const unavailableType = 'Unavailable';

/**
 * How long refused credentials are tried again, and how often at least. A token that has just expired is renewed, and a
 * metadata server is back within minutes; credentials that stay refused are for a person.
 */
const signInPatienceMs = 5 * 60_000;
const signInAttempts = 4;
const quotaPauseMs = 5_000;

/** The pause before the next try: what the platform asks for, or one of ours if a quota is used up. */
interface Pause {
  askedMs?: number | undefined;
  isQuota?: boolean;
}

/** Makes the failure of something that may pass by itself. */
export function passingFailure(message: string, { askedMs, isQuota = false }: Pause = {}): ApplicationFailure {
  const nextRetryDelay = askedMs ?? (isQuota ? quotaPauseMs : undefined);
  return ApplicationFailure.create({
    type: unavailableType,
    message,
    ...(nextRetryDelay !== undefined && { nextRetryDelay }),
  });
}

/** Makes the failure of a catalog that cannot be read, for a run that waits itself: the activity is not repeated. */
export function catalogUnread(message: string): ApplicationFailure {
  return ApplicationFailure.create({ type: catalogUnreadType, message, nonRetryable: true });
}

/** Makes the failure of refused credentials, which is final after some minutes. */
export function signInFailure(message: string): ApplicationFailure {
  const isPatient = activityAttempt() < signInAttempts || activityAgeMs() < signInPatienceMs;
  return ApplicationFailure.create({ type: 'Denied', message, nonRetryable: !isPatient });
}

/** Makes the function that runs a port's method and classifies its errors, once, in the platform's folder. */
export function classifier(asFailure: (error: unknown) => unknown) {
  return async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw asFailure(error);
    }
  };
}

/** Answers how long ago the activity was asked for, its earlier attempts included; 0 outside of one. */
export function activityAgeMs(): number {
  try {
    return Date.now() - Context.current().info.scheduledTimestampMs;
  } catch {
    return 0;
  }
}

/** Answers which attempt of the activity this is; 1 outside of one, as in a test of an adapter. */
export function activityAttempt(): number {
  try {
    return Context.current().info.attempt;
  } catch {
    return 1;
  }
}
