import { z } from 'zod';
import { commandGate } from './gates.ts';
import { count } from './fields.ts';

/**
 * Describes what a release confirms of a commit before anything is touched, and its order of environments (runbook
 * 004).
 */

/**
 * A quality gate of the commit, run in a clean checkout of it (runbook 004, pre-deploy checklist, line 1): a gate of
 * kind `command`.
 */
const command = commandGate.omit({ kind: true }).meta({
  id: 'checklistCommand',
  title: 'Command of a checklist',
  description: 'A program of the commit, run in a clean checkout of it.',
});

/** The same gates, read from GitHub's checks of the commit instead. */
const github = z.strictObject({
  repository: z
    .string('must be a repository')
    .regex(/^[\w.-]{1,100}\/[\w.-]{1,100}$/, 'must be <owner>/<repository>')
    .describe('`<owner>/<repository>` on GitHub.'),
  checks: z
    .array(z.string('must be the name of a check').min(1, 'must not be blank').max(200, 'at most 200 characters'))
    .min(1, 'must have a check')
    .describe('Names of the checks that must have succeeded. One that was skipped has not.'),
  apps: z
    .array(z.int('must be the id of an app').positive('must be the id of an app'))
    .min(1, 'must have an app')
    .optional()
    .describe('Ids of the apps whose checks count; GitHub Actions is 15368. Default: whoever may write checks.'),
  skippable: z
    .array(z.string('must be the name of a check'))
    .optional()
    .describe('Those of `checks` that may end as skipped or neutral. The plan says so.'),
  timeoutMinutes: count('a number of minutes', 1, 1440)
    .default(60)
    .describe('How long checks that still run are waited for.'),
});

export const checklist = z
  .strictObject({
    commands: z
      .array(command)
      .max(20, 'at most 20 commands')
      .default([])
      .describe('Programs of the commit that must succeed, in order.'),
    github: github.optional().describe("GitHub's checks of the commit, instead of `commands`."),
  })
  .refine(({ commands, github: read }) => commands.length > 0 !== (read !== undefined), {
    path: ['commands'],
    message: 'give either commands or github',
  })
  .check(({ value: { github: read }, issues }) => {
    for (const [index, check] of (read?.skippable ?? []).entries())
      if (!read?.checks.includes(check))
        issues.push({
          code: 'custom',
          input: check,
          path: ['github', 'skippable', index],
          message: 'must be one of checks',
        });
  })
  .meta({
    id: 'checklist',
    title: 'Checklist',
    description: 'What `release` confirms of a commit before anything is touched. Give `commands` or `github`.',
  });

export type ChecklistEntry = z.infer<typeof checklist>;
export type GithubChecks = z.infer<typeof github>;

interface TrainFile {
  train?: string[] | undefined;
  environments: Record<string, unknown>;
}

/** Lists a service's environments in the order in which a release visits them. */
export function trainOf({ train, environments }: TrainFile): string[] {
  return train ?? Object.keys(environments);
}

/** Checks that a train names known environments, each once. */
export function trainProblems({
  train = [],
  environments,
}: TrainFile): { path: (string | number)[]; message: string }[] {
  return train.flatMap((stop, index) => {
    const path = ['train', index];
    if (!Object.hasOwn(environments, stop))
      return [{ path, message: `unknown environment ${stop}; known: ${Object.keys(environments).join(', ')}` }];
    return train.indexOf(stop) < index ? [{ path, message: `${stop} is on the train already` }] : [];
  });
}
