import { ApplicationFailure } from '@temporalio/common';
import { describeProblems, type OutcomeType, type Problem, type StepFailureType } from '../contract/failures.ts';

/** Makes a failure that no repeat can mend. The workflow asks for its type. */
export function finalFailure(
  type: StepFailureType | OutcomeType,
  message: string,
  details: unknown[] = [],
): ApplicationFailure {
  return ApplicationFailure.create({ type, message, nonRetryable: true, details });
}

/** Makes the failure of a wrong input, with all its problems at once. */
export function invalidInput(problems: readonly Problem[]): ApplicationFailure {
  return finalFailure('InvalidInput', describeProblems(problems), [problems]);
}
