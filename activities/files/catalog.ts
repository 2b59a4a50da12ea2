import {
  catalogEntry,
  catalogTrain,
  loadCatalog,
  type CatalogProblem,
  type LoadedCatalog,
} from '../../catalog/load.ts';
import type { CatalogEntry } from '../../contract/catalog/catalog.ts';
import type { Catalog } from '../ports/index.ts';

/**
 * Reads the catalog from files below a folder, anew each time. An edit counts from the next run on; a running one
 * carries its values.
 */
export function createFileCatalog(folder: string, variables: Record<string, string | undefined>): Catalog {
  return {
    async resolve(service, environment) {
      const catalog = await loadCatalog(folder, variables);
      const entry = catalogEntry(catalog, service, environment);
      const problem = problemOfWholeFile(catalog);
      if ('message' in entry && problem)
        return {
          ...entry,
          message: `${entry.message} (${problem.file}:${problem.line} cannot be used: ${problem.message})`,
        };
      return entry;
    },
    async train(service) {
      const catalog = await loadCatalog(folder, variables);
      const train = catalogTrain(catalog, service);
      const problem = problemOfWholeFile(catalog);
      return 'message' in train && problem
        ? { ...train, message: `${train.message} (${problem.file}:${problem.line} cannot be used: ${problem.message})` }
        : train;
    },
    async places(service, environment) {
      const catalog = await loadCatalog(folder, variables);
      return [...catalog.services.values()]
        .flatMap(({ entry }) =>
          Object.keys(entry.environments).map((name) => catalogEntry(catalog, entry.service, name)),
        )
        .filter((entry): entry is CatalogEntry => !('message' in entry))
        .filter(
          (entry) =>
            (service === undefined || entry.service === service) &&
            (environment === undefined || entry.environment === environment),
        );
    },
  };
}

/** Finds a file that has no service for a problem: it may be the one that is asked for. */
function problemOfWholeFile({ services, problems }: LoadedCatalog): CatalogProblem | undefined {
  const read = new Set([...services.values()].map(({ file }) => file));
  return problems.find(({ file }) => !read.has(file));
}
