import { byVersion, leadingDigits, nameIf, type Layout } from './layout.ts';

/** Elixir scripts, also in folders of the folder (platform: Ecto.Migrator). */
export const ecto: Layout = {
  files: '<version>_<name>.exs',
  nameOf: (path) => nameIf(/^(.*\/)?\d+_[^/]+\.exs$/, path),
  versionOf: leadingDigits,
  order: byVersion(leadingDigits),
};
