import { commandLayout, type FolderLayout } from '../../contract/catalog/migration.ts';
import type { Problem } from '../../contract/failures.ts';
import type { Draft } from './draft.ts';
import type { FoundMigrations } from './find-migrations.ts';

/** What a person says of a service's migrations; what is left out is as it was found. */
export interface MigrationAnswers {
  /** Folder of the migrations, or `none`. */
  migrations?: string | undefined;
  layout?: string | undefined;
  /** The command, as a line. */
  migrate?: string | undefined;
}

/** The answer that a service has no migrations, although there is a folder of them. */
export const noMigrations = 'none';

/** Decides how the service is migrated; null if it is not. Names the command as a problem where nobody knows it. */
export function chooseMigration(
  found: FoundMigrations | null,
  { migrations, layout, migrate }: MigrationAnswers,
): { migration: Draft['migration'] } | { problem: Problem } {
  if (migrations === noMigrations) return { migration: null };
  const directory = migrations ?? found?.directory;
  if (directory === undefined && migrate === undefined) return { migration: null };
  const isAsFound = directory === found?.directory;
  const line = migrate === undefined ? (isAsFound ? (found?.command ?? null) : null) : wordsOf(migrate);
  if (line === null)
    return {
      problem: { path: 'migrate', message: `must be given: the command that runs the migrations of ${directory}` },
    };
  const [program = '', ...args] = line;
  // The schema judges a layout that a person has typed.
  const known = (layout ?? (isAsFound ? found?.layout : undefined)) as FolderLayout | undefined;
  return {
    migration: {
      ...(directory === undefined ? { layout: commandLayout } : { directory, ...(known && { layout: known }) }),
      command: [program],
      ...(args.length > 0 && { args }),
    },
  };
}

/** Reads the words of a line; what only a shell understands goes to a shell. */
function wordsOf(line: string): string[] {
  return /["'`$&|;<>()*?~\\]/.test(line) ? ['sh', '-c', line] : line.trim().split(/\s+/);
}
