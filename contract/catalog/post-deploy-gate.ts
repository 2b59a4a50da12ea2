import { z } from 'zod';
import { argument, count, environmentVariable } from './fields.ts';

/**
 * Describes what must succeed after a roll-out before a release counts as done: the migration once more, if the
 * environment has one, and a smoke as a job of the platform (runbook 001, section 6).
 */
export const postDeployGate = z.strictObject({
  /** Texts of which one line of the repeated migration's log must have each: they say that nothing was left to do. */
  nothingPending: z
    .array(argument.min(3, 'must be at least 3 characters'))
    .min(1, 'must have a text to look for')
    .optional(),
  /** The program that smokes what is live, in the image of the release. */
  smoke: z.strictObject({
    command: z.array(argument).min(1, 'must name a program'),
    args: z.array(argument).default([]),
    /** Variables of the smoke besides those of the environment; `{url}` and `{commit}` stand for what is live. */
    variables: z.record(environmentVariable, argument).default({}),
    timeoutSeconds: count('a number of seconds', 1, 3_600).default(300),
  }),
});
