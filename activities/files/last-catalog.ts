import { lstat } from 'node:fs/promises';
import { catalogFiles, loadCatalog, type LoadedCatalog } from '../../catalog/load.ts';

/** The coarsest clock of a file system that is expected; a later edit may have the same time as the one before. */
const clockStepNs = 2_000_000_000n;

/** Names the state of all files; null while an edit could still leave it as it is. */
type State = string | null;

/** Keeps what was last read of a catalog: each look at it would else parse all files. */
export class LastCatalog {
  private readonly folder: string;
  private readonly variables: Record<string, string | undefined>;
  private kept: { state: string; catalog: LoadedCatalog } | undefined;

  constructor(folder: string, variables: Record<string, string | undefined>) {
    this.folder = folder;
    this.variables = variables;
  }

  /** Loads the catalog, or answers the last one if no file has changed. */
  async load(): Promise<LoadedCatalog> {
    // Taken before the files are read: an edit in between has another state.
    const state = await stateOf(this.folder);
    if (this.kept && this.kept.state === state) return this.kept.catalog;
    const catalog = await loadCatalog(this.folder, this.variables);
    this.kept = state === null ? undefined : { state, catalog };
    return catalog;
  }
}

async function stateOf(folder: string): Promise<State> {
  const now = BigInt(Date.now()) * 1_000_000n;
  const files = await Promise.all(
    (await catalogFiles(folder)).map(async (file) => ({ file, info: await lstat(file, { bigint: true }) })),
  );
  if (files.some(({ info }) => info.mtimeNs > now - clockStepNs || info.ctimeNs > now - clockStepNs)) return null;
  return files
    .map(({ file, info: { ino, size, mtimeNs, ctimeNs } }) => [file, ino, size, mtimeNs, ctimeNs].join(' '))
    .join('\n');
}
