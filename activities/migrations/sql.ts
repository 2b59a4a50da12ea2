import { leadingDigits, nameIf, type Layout } from './layout.ts';

/** SQL files, one a migration, as psql scripts, dbmate, goose, Drizzle and many others have them. */
export const sql: Layout = {
  files: '*.sql',
  nameOf: (path) => (/\.(up|down)\.sql$/.test(path) ? null : nameIf(/^[^/]+\.sql$/, path)),
  // Drizzle keeps its own records there.
  ignores: (path) => /^meta\/[^/]+\.json$/.test(path),
  versionOf: leadingDigits,
};
