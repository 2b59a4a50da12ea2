import { leadingDigits, type Layout } from './layout.ts';

/** A folder for each migration, which gives it its name. */
export const prisma: Layout = {
  files: '<name>/migration.sql',
  nameOf: (path) => /^([^/]+)\/migration\.sql$/.exec(path)?.[1] ?? null,
  versionOf: leadingDigits,
};
