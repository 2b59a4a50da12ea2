import type { CatalogEntry } from '../contract/catalog.ts';
import { invalidInput } from './failure.ts';
import type { Ports } from './ports/index.ts';

export interface ResolveRequest {
  service: string;
  environment: string;
}

export interface Resolution {
  entry: CatalogEntry;
  /** Search attributes that the server knows; upserting another one would fail the workflow task. */
  searchAttributes: string[];
  /** For commands that people paste. */
  address: string;
  namespace: string;
}

/** What a run needs to know before it does anything: its catalog entry as values, and what the server can record. */
export function createResolutionActivities({ catalog, connection }: Pick<Ports, 'catalog' | 'connection'>) {
  return {
    async resolve({ service, environment }: ResolveRequest): Promise<Resolution> {
      const entry = await catalog.resolve(service, environment);
      if ('message' in entry) throw invalidInput([entry]);
      const searchAttributes = await connection.knownSearchAttributes();
      return { entry, searchAttributes, address: connection.address, namespace: connection.namespace };
    },

    /** Every place of the catalog, or those of one service or environment. */
    async places(request: Partial<ResolveRequest>): Promise<CatalogEntry[]> {
      const found = await catalog.places(request.service, request.environment);
      if (found.length > 0) return found;
      throw invalidInput([{ path: request.service ? 'service' : 'environment', message: 'nothing in the catalog has this name' }]);
    },
  };
}
