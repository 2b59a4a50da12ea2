import {
  catalogBaseline,
  catalogEntry,
  catalogTrain,
  type CatalogProblem,
  type LoadedCatalog,
} from '../../catalog/load.ts';
import { readNamedFile } from '../../catalog/named-file.ts';
import type { CatalogEntry } from '../../contract/catalog/catalog.ts';
import type { Catalog, MissingEntry } from '../ports/index.ts';
import { LastCatalog } from './last-catalog.ts';

/**
 * Reads the catalog from files below a folder, anew where one of them has changed. An edit counts from the next run on;
 * a running one carries its values.
 */
export function createFileCatalog(folder: string, variables: Record<string, string | undefined>): Catalog {
  const last = new LastCatalog(folder, variables);
  return {
    file: (name) => readNamedFile(folder, name),
    async resolve(service, environment) {
      const catalog = await last.load();
      const found = withFileProblem(catalogEntry(catalog, service, environment), catalog);
      return 'message' in found ? { ...found, isUnread: mayBeUnread(catalog, service, environment) } : found;
    },
    async train(service) {
      const catalog = await last.load();
      return withFileProblem(catalogTrain(catalog, service), catalog);
    },
    async baseline(service) {
      const catalog = await last.load();
      return withFileProblem(catalogBaseline(catalog, service), catalog);
    },
    async places(service, environment) {
      const catalog = await last.load();
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

/** Says whether a name that was not found may stand in a file, or an environment, that cannot be used now. */
function mayBeUnread(catalog: LoadedCatalog, service: string, environment: string): boolean {
  const found = catalog.services.get(service);
  return found ? found.unusable.has(environment) : problemOfWholeFile(catalog) !== undefined;
}

/** Adds to the answer that a name is unknown, which file could not be read: it may be the one that is asked for. */
function withFileProblem<Found extends object>(
  found: Found | MissingEntry,
  catalog: LoadedCatalog,
): Found | MissingEntry {
  const problem = problemOfWholeFile(catalog);
  if (!problem || !('message' in found)) return found;
  return { ...found, message: `${found.message} (${problem.file}:${problem.line} cannot be used: ${problem.message})` };
}

/** Finds a file that has no service for a problem. */
function problemOfWholeFile({ services, problems }: LoadedCatalog): CatalogProblem | undefined {
  const read = new Set([...services.values()].map(({ file }) => file));
  return problems.find(({ file }) => !read.has(file));
}
