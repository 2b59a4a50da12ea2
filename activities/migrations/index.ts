import type { FolderLayout } from '../../contract/catalog/migration.ts';
import { alembic } from './alembic.ts';
import { django } from './django.ts';
import { ecto } from './ecto.ts';
import { flyway } from './flyway.ts';
import { golangMigrate } from './golang-migrate.ts';
import type { Layout } from './layout.ts';
import { matching } from './matching.ts';
import { prisma } from './prisma.ts';
import { rails } from './rails.ts';
import { sql } from './sql.ts';

/** Lists the layouts by the names that a catalog file gives them. */
export const layouts = {
  sql,
  golangMigrate,
  prisma,
  ecto,
  rails,
  alembic,
  django,
  flyway,
} satisfies Record<FolderLayout, Layout>;

/** Names a folder of a commit, and what says which of its files are migrations. */
export interface MigrationFolder {
  directory: string;
  layout?: FolderLayout;
  files?: string;
}

/** Finds the layout of a folder. Where the catalog names none its migrations are plain SQL files. */
export function layoutOf({ layout = 'sql', files }: Omit<MigrationFolder, 'directory'>): Layout {
  return files === undefined ? layouts[layout] : matching(files);
}
