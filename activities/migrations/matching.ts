import { posix } from 'node:path';
import type { Layout } from './layout.ts';

/** Takes the files that a pattern of the catalog matches, and no others. Its names give no order that is known. */
export function matching(pattern: string): Layout {
  return {
    files: pattern,
    nameOf: (path) => (posix.matchesGlob(path, pattern) ? path : null),
    ignores: () => true,
  };
}
