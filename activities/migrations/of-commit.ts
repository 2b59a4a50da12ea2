import type { CatalogEntry } from '../../contract/catalog/catalog.ts';
import { commandLayout, type MigrationEntry } from '../../contract/catalog/migration.ts';
import type { Sources } from '../ports/index.ts';
import type { MigrationFolder } from './index.ts';
import type { ListedMigrations } from './list.ts';

/** Lists the migrations that a commit of a service has, as its catalog file says where they are. */
export async function migrationsOfCommit(
  sources: Pick<Sources, 'migrations'>,
  { repository, settings: { migration } }: Pick<CatalogEntry, 'repository' | 'settings'>,
  commit: string,
): Promise<ListedMigrations> {
  if (!migration) return { migrations: [] };
  const folder = folderOf(migration);
  if (!folder) return { unknown: 'the catalog names no folder of them: only the command knows' };
  if (commit === '') return { unknown: 'a commit is not known' };
  return sources.migrations(repository, commit, folder);
}

/** Names the folder of a service's migrations; null where only the command knows them. */
export function folderOf({ directory, layout, files }: MigrationEntry): MigrationFolder | null {
  if (directory === undefined || layout === commandLayout) return null;
  return { directory, ...(layout !== undefined && { layout }), ...(files !== undefined && { files }) };
}
