import { stat } from 'node:fs/promises';
import path from 'node:path';
import { catalogEntry, catalogTrain, loadCatalog, type LoadedCatalog } from '../../catalog/load.ts';
import type { CatalogEntry } from '../../contract/catalog/catalog.ts';
import type { Problem } from '../../contract/failures.ts';
import { readSandbox } from '../../sandbox/description.ts';
import { sandboxVariables } from '../../sandbox/people.ts';
import { projectFolder } from '../local/project.ts';
import type { Session } from '../cli/session.ts';
import type { Place } from '../api/slipway-client.ts';

/** The folder of the catalog: the flag, else SLIPWAY_CATALOG, else the project's. */
export function catalogFolder(flag: string | undefined, environment: NodeJS.ProcessEnv): string {
  return path.resolve(flag ?? environment['SLIPWAY_CATALOG'] ?? path.join(projectFolder, 'catalog'));
}

/**
 * What `${SLIPWAY_…}` in catalog files stands for: the environment, and the addresses and keys of the sandbox where
 * one is up.
 */
export async function catalogVariables(
  dir: string | undefined,
  environment: NodeJS.ProcessEnv,
): Promise<Record<string, string | undefined>> {
  const sandbox = await readSandbox(dir ?? environment['SLIPWAY_SANDBOX_DIR']);
  return { ...(sandbox ? sandboxVariables(sandbox) : {}), ...environment };
}

/** The catalog as this machine has it; undefined where there is none (the worker's is what counts). */
export async function localCatalog(
  folder: string,
  variables: Record<string, string | undefined>,
): Promise<LoadedCatalog | undefined> {
  const present = await stat(folder).then(
    (found) => found.isDirectory(),
    () => false,
  );
  return present ? loadCatalog(folder, variables) : undefined;
}

export interface LookedUp {
  entry?: CatalogEntry;
  /** Address of the service's repository; known even when the environment is not. */
  repository?: string;
  problems: Problem[];
}

/** What the local catalog says of a service in an environment; no entry and no problem where there is no catalog. */
export async function lookUpPlace(
  session: Pick<Session, 'dir' | 'environment'>,
  flag: string | undefined,
  { service, environment }: Partial<Place>,
): Promise<LookedUp> {
  if (service === undefined) return { problems: [] };
  const variables = await catalogVariables(session.dir, session.environment);
  const catalog = await localCatalog(catalogFolder(flag, session.environment), variables);
  if (!catalog || catalog.services.size === 0) return { problems: [] };
  const repository = catalog.services.get(service)?.entry.repository.url;
  const known = repository === undefined ? {} : { repository };
  if (environment === undefined) {
    const train = catalogTrain(catalog, service);
    return { ...known, problems: 'message' in train ? [train] : [] };
  }
  const found = catalogEntry(catalog, service, environment);
  return 'hash' in found ? { entry: found, ...known, problems: [] } : { ...known, problems: [found] };
}
