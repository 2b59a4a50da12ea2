import type { z } from 'zod';

/**
 * Names the ends of a run that did not reach its aim: the type of its ApplicationFailure, so the Temporal list tells
 * the truth. The same words classify failures of activities; the adapter that knows the platform gives them, once.
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
  'Unhealthy',
  'Aborted',
] as const;

export type OutcomeType = (typeof outcomeTypes)[number];

/** The type of the answer to a message that policy, staleness or form forbid. */
export const refusedType = 'Refused';

/** The type of the failure of a catalog that cannot be read now: a run that needs it waits. */
export const catalogUnreadType = 'CatalogUnread';

/**
 * Lists why an activity failed for good.
 * - `StaleFence`: a newer write is recorded at the target; this one may not happen (invariant I3).
 * - `Drifted`: the live state is not what the step before left; somebody else wrote.
 * - `Contested`: somebody else has set what this write would overwrite; a person decides. The details list it.
 * - `GateFailed`: the platform answered, and the answer is no (a candidate that never became ready, a failed smoke).
 * - `Unknown`: a write was sent, and nobody can show whether it took effect; a person decides.
 * - `Denied`: credentials or permissions.
 * - `BadRequest`: the platform refuses the request as such; a repeat cannot help.
 * - `Missing`: something that must be there is not.
 */
export const stepFailureTypes = [
  'StaleFence',
  'Drifted',
  'Contested',
  'GateFailed',
  'Unknown',
  'Denied',
  'BadRequest',
  'Missing',
] as const;

export type StepFailureType = (typeof stepFailureTypes)[number];

/** Names one problem of an input: where, and what would be right. */
export interface Problem {
  path: string;
  message: string;
}

/** Joins problems into one line for a person: `commit: must be …; environment: unknown …`. */
export function describeProblems(problems: readonly Problem[]): string {
  return problems.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`)).join('; ');
}

/**
 * Makes problems of zod's issues, one for each unknown field. With the input that was parsed, what is missing in it is
 * said to be missing. `guess` says what was probably meant by a wrong value.
 */
export function problemsOf(
  error: z.ZodError,
  input?: unknown,
  describeUnknown: (path: readonly string[], field: string) => string = () => 'is not a field of this input',
  guess: (issue: z.core.$ZodIssue, value: unknown) => string = () => '',
): Problem[] {
  return error.issues.flatMap((issue) => {
    const path = issue.path.map(String);
    if (issue.code !== 'unrecognized_keys')
      return [
        { path: path.join('.'), message: `${messageOf(issue, input)}${guess(issue, valueAt(input, issue.path))}` },
      ];
    return issue.keys.map((key) => ({
      path: [...path, key.slice(0, 100)].join('.'),
      message: describeUnknown(path, key.slice(0, 100)),
    }));
  });
}

/** Codes of a value that is not there, or of another kind than it has to be. */
const codesOfKind: readonly string[] = ['invalid_type', 'invalid_value', 'invalid_union'];

function messageOf({ code, path, message }: z.core.$ZodIssue, input: unknown): string {
  if (input === undefined || path.length === 0 || !codesOfKind.includes(code)) return message;
  if (valueAt(input, path) !== undefined || !message.startsWith('must be ')) return message;
  return message.startsWith('must be one of ') ? `must be given: ${message.slice('must be '.length)}` : 'must be given';
}

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (inner, key) => (typeof inner === 'object' && inner !== null ? (inner as Record<PropertyKey, unknown>)[key] : null),
    input,
  );
}
