import type { BuildEntry } from '../../contract/catalog/build.ts';
import type { CatalogFile } from '../../contract/catalog/catalog.ts';
import type { Progress } from './target.ts';

/** One build of a commit. */
export interface Work<Entry extends BuildEntry = BuildEntry> {
  build: Entry;
  repository: CatalogFile['repository'];
  commit: string;
  change: string;
  progress: Progress;
  signal: AbortSignal;
}
