import type { z } from 'zod';

/**
 * How a run says that it did not reach its aim: the type of its ApplicationFailure. The Temporal list shows it, so
 * the list tells the truth. The same words classify what an activity could not do; they are given once, by the
 * adapter that knows the platform.
 */

/** Outcomes of a run: the failure's type is one of these. */
export const outcomeTypes = [
  'InvalidInput',
  'Rejected',
  'Expired',
  'OnHold',
  'Superseded',
  'Preempted',
  'Frozen',
  'RolledBack',
  'RestoreFailed',
  'Drifted',
  'Aborted',
] as const;

export type OutcomeType = (typeof outcomeTypes)[number];

/** What a message handler answers when policy, staleness or form forbid the message. */
export const refusedType = 'Refused';

/**
 * Why an activity failed for good.
 * - `StaleFence`: a newer write is recorded at the target; this one may not happen (invariant I3).
 * - `Drifted`: the live state is not what the step before left; somebody else wrote.
 * - `GateFailed`: the platform answered and the answer is no (a candidate that never became ready, a smoke that
 *   failed).
 * - `Unknown`: a write was sent and neither its effect nor its absence can be shown; a person decides.
 * - `Denied`: credentials or permissions.
 * - `BadRequest`: the platform refuses the request as such; a repeat cannot help.
 * - `Missing`: what should be there is not.
 */
export const stepFailureTypes = [
  'StaleFence',
  'Drifted',
  'GateFailed',
  'Unknown',
  'Denied',
  'BadRequest',
  'Missing',
] as const;

export type StepFailureType = (typeof stepFailureTypes)[number];

/** One thing that is wrong with an input: where, and what would be right. */
export interface Problem {
  path: string;
  message: string;
}

/** All problems as one line for a person: `commit: must be …; environment: unknown …`. */
export function describeProblems(problems: readonly Problem[]): string {
  return problems.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`)).join('; ');
}

/** zod's issues as problems: one for each unknown field, not one for all. */
export function problemsOf(error: z.ZodError): Problem[] {
  return error.issues.flatMap((issue) => {
    const path = issue.path.map(String);
    if (issue.code !== 'unrecognized_keys') return [{ path: path.join('.'), message: issue.message }];
    return issue.keys.map((key) => ({
      path: [...path, key.slice(0, 100)].join('.'),
      message: 'is not a field of this input',
    }));
  });
}
