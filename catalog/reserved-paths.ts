import { reservedPath } from '../contract/catalog/targets/index.ts';
import type { CatalogProblem, LoadedService } from './load.ts';

/**
 * Finds requests to a service's own address that its platform may answer itself. An address of one's own may be another
 * front end's, so what goes by `at` is left alone.
 */
export function reservedPathWarnings(services: Iterable<LoadedService>): CatalogProblem[] {
  return [...services].flatMap(({ file, entry }) =>
    Object.entries(entry.environments).flatMap(([environment, { target, ...settings }]) =>
      pathsIn(settings, `environments.${environment}`).flatMap(({ where, path }) => {
        const message = reservedPath(target, path);
        return message === null ? [] : [{ file, line: 1, path: where, message }];
      }),
    ),
  );
}

/** Lists the paths of all requests within a value that name no other origin. */
function pathsIn(value: unknown, where: string): { where: string; path: string }[] {
  if (value === null || typeof value !== 'object' || Object.hasOwn(value, 'at')) return [];
  return Object.entries(value).flatMap(([key, inner]: [string, unknown]) =>
    key === 'path' && typeof inner === 'string' && inner.startsWith('/')
      ? [{ where: `${where}.${key}`, path: inner }]
      : pathsIn(inner, `${where}.${key}`),
  );
}
