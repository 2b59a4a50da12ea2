import type { CatalogEntry } from '../../contract/catalog/catalog.ts';
import type { HolderKind } from '../../contract/environment.ts';
import type { Train } from '../../contract/release.ts';
import { startKindOf, startRefusal } from '../../contract/start-refusal.ts';
import { catalogUnread, invalidInput } from '../failure.ts';
import type { Ports } from '../ports/index.ts';

export interface ResolveRequest {
  service: string;
  environment: string;
  /** The kind and the requester, to refuse those whose role does not allow it. */
  starts?: { kind: HolderKind; requestedBy: string };
  /** True for a run that waits for a catalog which cannot be read, instead of ending. */
  waits?: boolean;
}

export interface Resolution {
  entry: CatalogEntry;
  /** Search attributes that the server knows; upserting another one would fail the workflow task. */
  searchAttributes: string[];
  /** Address and namespace of Temporal, for commands that people paste. */
  address: string;
  namespace: string;
  /** The namespace as signed statements name it; absent in an answer of an earlier version. */
  temporal?: string;
  /** Time after which a run says what a step waits for; absent for the usual. */
  standstillMs?: number;
}

export interface TrainResolution extends Omit<Resolution, 'entry'> {
  train: Train;
}

/** Resolves what a run must know before it does anything: its catalog entry, and what the server can record. */
export function createResolutionActivities({ catalog, connection }: Pick<Ports, 'catalog' | 'connection'>) {
  return {
    async resolve({ service, environment, starts, waits = false }: ResolveRequest): Promise<Resolution> {
      const entry = await catalog.resolve(service, environment);
      if ('message' in entry) throw waits && entry.isUnread ? catalogUnread(entry.message) : invalidInput([entry]);
      const refused = starts ? startRefusal(entry, starts) : null;
      if (refused) throw invalidInput([{ path: 'requestedBy', message: refused }]);
      return { entry, ...(await server()) };
    },

    /** Resolves the same for a release: every environment on its way. */
    async resolveTrain({ service, requestedBy }: { service: string; requestedBy: string }): Promise<TrainResolution> {
      const train = await catalog.train(service);
      if ('message' in train) throw invalidInput([train]);
      const refused = train.stops
        .map((entry, index) => startRefusal(entry, { kind: startKindOf('release', index), requestedBy }))
        .filter((message) => message !== null);
      if (refused.length > 0) throw invalidInput(refused.map((message) => ({ path: 'requestedBy', message })));
      return { train, ...(await server()) };
    },

    /** Lists all environments of the catalog, or those of one service or name. */
    places: findPlaces,

    /** Names the same alone: the entries of a thousand places are more than one answer may hold. */
    async placeNames(request: Partial<ResolveRequest>): Promise<{ service: string; environment: string }[]> {
      return (await findPlaces(request)).map(({ service, environment }) => ({ service, environment }));
    },
  };

  async function findPlaces(request: Partial<ResolveRequest>): Promise<CatalogEntry[]> {
    const found = await catalog.places(request.service, request.environment);
    if (found.length > 0) return found;
    throw invalidInput([
      { path: request.service ? 'service' : 'environment', message: 'nothing in the catalog has this name' },
    ]);
  }

  async function server(): Promise<Omit<Resolution, 'entry'>> {
    const [searchAttributes, temporal] = await Promise.all([
      connection.knownSearchAttributes(),
      connection.installation(),
    ]);
    const { address, namespace, standstillMs } = connection;
    return { searchAttributes, temporal, address, namespace, ...(standstillMs !== undefined && { standstillMs }) };
  }
}
