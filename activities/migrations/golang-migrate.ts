import { byVersion, leadingDigits, nameIf, type Layout } from './layout.ts';

/** Pairs of files, as golang-migrate and sqlx have them: one goes up, the other comes back and is never run here. */
export const golangMigrate: Layout = {
  files: '<version>_<name>.up.sql',
  nameOf: (path) => nameIf(/^\d+_[^/]*\.up\.\w+$/, path),
  ignores: (path) => /^\d+_[^/]*\.down\.\w+$/.test(path),
  versionOf: leadingDigits,
  order: byVersion(leadingDigits),
};
