import { z } from 'zod';
import { argument, count, relativePath } from './fields.ts';

/** Describes how the schema of a service is migrated, and what tells which migrations a commit has. */

/** Places of a migration in a change: before or after the candidate is staged, or after users have got it. */
const migrationOrders = ['beforeStage', 'afterStage', 'afterShift'] as const;
export type MigrationOrder = (typeof migrationOrders)[number];

/** Ways in which tools keep migrations in a folder. A further one is a file in activities/migrations/ and a line. */
export const folderLayouts = [
  'sql',
  'golangMigrate',
  'prisma',
  'ecto',
  'rails',
  'alembic',
  'django',
  'flyway',
] as const;
export type FolderLayout = (typeof folderLayouts)[number];
/** Nothing can be read beforehand: only the command knows what it will do. */
export const commandLayout = 'command';
const layouts = [...folderLayouts, commandLayout] as const;

const command = z.array(argument).min(1, 'must name a program');

/**
 * The migration of a commit, and the recorded reason to run the older command instead (runbook 000, non-negotiable
 * invariant).
 */
export const migration = z
  .strictObject({
    directory: relativePath
      .optional()
      .describe('The folder of the migrations, in the commit. Required, but with `layout: command`.'),
    layout: z
      .enum(layouts, `must be one of ${layouts.join(', ')}`)
      .optional()
      .describe(
        'How the tool keeps migrations there: [layouts](migrations.md#layouts). `command` says that there is no ' +
          'folder to read: only the command knows. Default: `sql`.',
      ),
    files: z
      .string('must be a pattern of files')
      .min(1, 'must be a pattern of files')
      .max(200, 'at most 200 characters')
      .optional()
      .describe(
        'A pattern of the files that are migrations, instead of a layout, below `directory`. `*` stands for any ' +
          'letters, `**` for any folders. Any other file there is none.',
      )
      .meta({ examples: ['[0-9]*.{js,ts}', '*/up.sql'] }),
    when: z
      .enum(migrationOrders, `must be one of ${migrationOrders.join(', ')}`)
      .optional()
      .describe(
        'When it runs: before the candidate is staged, after that and before users get it, or after users have got ' +
          'it. Default: `afterStage`; `beforeStage` where the platform has no candidate at 0 %.',
      ),
    command: command
      .describe('The program that migrates, in the image of the release. It is run once.')
      .meta({ examples: [['python3', '-m', 'alembic']] }),
    args: z
      .array(argument)
      .default([])
      .describe('Arguments of the program.')
      .meta({ examples: [['upgrade', 'head']] }),
    timeoutSeconds: count('a number of seconds', 1, 86_400)
      .default(600)
      .describe('The longest that it may run. Then the platform ends it.'),
    settlesWithinSeconds: count('a number of seconds', 1, 3_600)
      .optional()
      .describe(
        'Time that the platform may take after the time limit to say how it ended. After that a rollback that waits ' +
          'takes the outcome for unknown. Default: 120.',
      ),
    fallback: z
      .strictObject({
        command: command.describe('The older program.'),
        args: z.array(argument).default([]).describe('Arguments of the older program.'),
        signature: z
          .array(argument.min(3, 'must be at least 3 characters'))
          .min(1, 'must have a text to look for')
          .describe('Each of these texts must be in one log entry of the failed execution itself.'),
      })
      .optional()
      .describe('An older command, which runs only where the log shows that the image does not have the first one.'),
  })
  .check(({ value, issues }) => {
    const isByCommand = value.layout === commandLayout;
    const problems: [applies: boolean, field: 'directory' | 'files', message: string][] = [
      [
        value.directory === undefined && !isByCommand,
        'directory',
        `must be given; if there is no folder of migrations, say layout: ${commandLayout}`,
      ],
      [
        value.directory !== undefined && isByCommand,
        'directory',
        `must not be there: layout: ${commandLayout} says that there is no folder to read`,
      ],
      [
        value.files !== undefined && value.layout !== undefined,
        'files',
        'must not be there beside layout: one of them says which files are migrations',
      ],
    ];
    for (const [applies, field, message] of problems)
      if (applies) issues.push({ code: 'custom', input: value[field], path: [field], message });
  })
  .meta({
    id: 'migration',
    title: 'Migration',
    description:
      'How the schema is brought to what a commit needs: [migrations](migrations.md). It runs once, on exactly the ' +
      'image of the release.',
  });

export type MigrationEntry = z.infer<typeof migration>;
