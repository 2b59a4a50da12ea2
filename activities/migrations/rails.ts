import { byVersion, leadingDigits, nameIf, type Layout } from './layout.ts';

/** Ruby files, also in folders of the folder; the text after a dot names the engine that they come from. */
export const rails: Layout = {
  files: '<version>_<name>.rb',
  nameOf: (path) => nameIf(/^(.*\/)?\d+_[^/.]+(\.[^/.]+)?\.rb$/, path),
  versionOf: leadingDigits,
  order: byVersion(leadingDigits),
};
