import { ApplicationFailure } from '@temporalio/common';
import { describeProblems, type OutcomeType, type Problem, type StepFailureType } from '../contract/failures.ts';

/** A failure that no repeat can mend; the workflow asks for its type. */
export function finalFailure(
  type: StepFailureType | OutcomeType,
  message: string,
  details: unknown[] = [],
): ApplicationFailure {
  return ApplicationFailure.create({ type, message, nonRetryable: true, details });
}

/** Every problem of an input at once; nothing outside was touched. */
export function invalidInput(problems: readonly Problem[]): ApplicationFailure {
  return finalFailure('InvalidInput', describeProblems(problems), [problems]);
}
