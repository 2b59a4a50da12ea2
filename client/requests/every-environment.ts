import { loadCatalog, unknownService, type LoadedService } from '../../catalog/load.ts';
import type { Problem } from '../../contract/failures.ts';
import { holdsRole, type Owners } from '../../contract/people.ts';
import type { EnvironmentName } from '../api/environment-name.ts';
import type { Session } from '../cli/session.ts';
import { catalogFolder, catalogVariables, fileProblems } from './catalog.ts';

/** An environment of the catalog. */
export interface CatalogPlace extends EnvironmentName {
  owners: Owners;
  /** Roles that operate it; null where the entry cannot be read on this machine: the environment itself judges. */
  operators: readonly string[] | null;
  /** Why it cannot be used on this machine; null where it can. */
  unusable: string | null;
}

export interface EveryEnvironment {
  places: CatalogPlace[];
  /** What keeps the list from being whole, or the service that the catalog does not know. */
  problems: Problem[];
}

/** Lists every environment of this machine's catalog, or of one service. */
export async function everyEnvironment(
  { dir, environment }: Pick<Session, 'dir' | 'environment'>,
  flag: string | undefined,
  service: string | undefined,
): Promise<EveryEnvironment> {
  const folder = catalogFolder(flag, environment);
  const catalog = await loadCatalog(folder, await catalogVariables(dir, environment)).catch(
    (error: NodeJS.ErrnoException) => `${folder} cannot be read: ${error.code ?? error.message}`,
  );
  if (typeof catalog === 'string') return { places: [], problems: [{ path: 'catalog', message: catalog }] };
  const problems = fileProblems(catalog).map(({ file, line, path, message }) => ({
    path: `${file}:${line}${path === '' ? '' : ` ${path}`}`,
    message,
  }));
  if (service !== undefined) {
    const found = catalog.services.get(service);
    if (found) return { places: placesOf(found), problems: [] };
    return { places: [], problems: [...problems, unknownService(catalog, service)] };
  }
  const places = [...catalog.services.values()].flatMap(placesOf);
  const none = { path: folder, message: 'the catalog has no environment' };
  return { places, problems: [...problems, ...(places.length === 0 ? [none] : [])] };
}

/** Lists the environments that this person does not operate, as problems. */
export function notOperatedBy(by: string | undefined, places: readonly CatalogPlace[]): Problem[] {
  if (by === undefined) return [];
  return places.flatMap(({ service, environment, owners, operators }) =>
    operators === null || operators.some((role) => holdsRole(owners, role, by))
      ? []
      : [{ path: 'by', message: `${by} does not operate ${service} in ${environment}: ${operators.join(', ')} do` }],
  );
}

function placesOf({ entry, unusable }: LoadedService): CatalogPlace[] {
  const { service, owners, environments } = entry;
  return [
    ...Object.entries(environments).map(([environment, { operators }]) => ({
      service,
      environment,
      owners,
      operators,
      unusable: null,
    })),
    ...[...unusable].map(([environment, why]) => ({ service, environment, owners, operators: null, unusable: why })),
  ];
}
