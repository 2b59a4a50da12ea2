import { z } from 'zod';
import { argument, count, environmentVariable } from './fields.ts';

/**
 * Describes what must succeed after a roll-out before a release counts as done: the migration once more, if the
 * environment has one, and a smoke as a job of the platform (runbook 001, section 6).
 */
export const postDeployGate = z
  .strictObject({
    nothingPending: z
      .array(argument.min(3, 'must be at least 3 characters'))
      .min(1, 'must have a text to look for')
      .optional()
      .describe(
        "Texts that must all be in one line of the repeated migration's log: they say that nothing was left to do.",
      ),
    smoke: z
      .strictObject({
        command: z.array(argument).min(1, 'must name a program').describe('The program.'),
        args: z.array(argument).default([]).describe('Its arguments.'),
        variables: z
          .record(environmentVariable, argument)
          .default({})
          .describe('Variables besides those of the environment. `{url}` and `{commit}` stand for what is live.'),
        timeoutSeconds: count('a number of seconds', 1, 3_600).default(300).describe('The longest that it may run.'),
      })
      .describe('The program that smokes what is live, in the image of the release.'),
  })
  .meta({
    id: 'postDeployGate',
    title: 'Post-deploy gate',
    description:
      'Jobs that must succeed after the roll-out: the migration once more, and a smoke. Without it there are none.',
  });
