import { loadCatalog, type LoadedCatalog } from '../../catalog/load.ts';
import type { EnvironmentName } from '../api/environment-name.ts';
import { catalogVariables, fileProblems } from './catalog.ts';

/** How old the catalog may be. Whoever adds a service need not restart what asks for it. */
const maxAgeMs = 10_000;

/** Answers `undecided` for what it does not know while a file of the catalog cannot be read. */
type LookUp = (name: EnvironmentName) => 'known' | 'unknown' | 'undecided';

/**
 * Creates a look-up of environments in a folder's catalog, which it reads anew as time goes on. An environment that
 * cannot be used on this machine is known. Throws while the folder was never read.
 */
export function createEnvironmentLookUp(
  folder: string,
  { dir, environment }: { dir: string | undefined; environment: NodeJS.ProcessEnv },
): () => Promise<LookUp> {
  let reading: { at: number; look: Promise<LookUp> } | null = null;
  const read = async (before: Promise<LookUp> | undefined): Promise<LookUp> => {
    try {
      return lookUpIn(await loadCatalog(folder, await catalogVariables(dir, environment)));
    } catch (error) {
      if (!before) throw error;
      const last = await before;
      return (name) => (last(name) === 'known' ? 'known' : 'undecided');
    }
  };
  return async () => {
    if (!reading || performance.now() - reading.at > maxAgeMs)
      reading = { at: performance.now(), look: read(reading?.look) };
    return reading.look;
  };
}

function lookUpIn(catalog: LoadedCatalog): LookUp {
  const isComplete = fileProblems(catalog).length === 0 && catalog.services.size > 0;
  return ({ service, environment }) => {
    const found = catalog.services.get(service);
    if (found && (Object.hasOwn(found.entry.environments, environment) || found.unusable.has(environment)))
      return 'known';
    return found || isComplete ? 'unknown' : 'undecided';
  };
}
