import type { CatalogEntry } from '../../contract/catalog/catalog.ts';
import { peopleOf, rolesOf } from '../../contract/people.ts';
import { startersOf } from '../../contract/catalog/approval-policy.ts';
import { isRollbackClass, type HolderKind } from '../../contract/environment.ts';
import type { Train } from '../../contract/release.ts';
import { invalidInput } from '../failure.ts';
import type { Ports } from '../ports/index.ts';

export interface ResolveRequest {
  service: string;
  environment: string;
  /** The kind and the requester, to refuse those whose role does not allow it. */
  starts?: { kind: HolderKind; requestedBy: string };
}

export interface Resolution {
  entry: CatalogEntry;
  /** Search attributes that the server knows; upserting another one would fail the workflow task. */
  searchAttributes: string[];
  /** Address and namespace of Temporal, for commands that people paste. */
  address: string;
  namespace: string;
}

export interface TrainResolution extends Omit<Resolution, 'entry'> {
  train: Train;
}

/** Resolves what a run must know before it does anything: its catalog entry, and what the server can record. */
export function createResolutionActivities({ catalog, connection }: Pick<Ports, 'catalog' | 'connection'>) {
  return {
    async resolve({ service, environment, starts }: ResolveRequest): Promise<Resolution> {
      const entry = await catalog.resolve(service, environment);
      if ('message' in entry) throw invalidInput([entry]);
      const refused = starts ? startRefusal(entry, starts) : null;
      if (refused) throw invalidInput([{ path: 'requestedBy', message: refused }]);
      const searchAttributes = await connection.knownSearchAttributes();
      return { entry, searchAttributes, address: connection.address, namespace: connection.namespace };
    },

    /** Resolves the same for a release: every environment on its way. */
    async resolveTrain({ service, requestedBy }: { service: string; requestedBy: string }): Promise<TrainResolution> {
      const train = await catalog.train(service);
      if ('message' in train) throw invalidInput([train]);
      const refused = train.stops
        .map((entry, index) => startRefusal(entry, { kind: index === 0 ? 'deploy' : 'promote', requestedBy }))
        .filter((message) => message !== null);
      if (refused.length > 0) throw invalidInput(refused.map((message) => ({ path: 'requestedBy', message })));
      const searchAttributes = await connection.knownSearchAttributes();
      return { train, searchAttributes, address: connection.address, namespace: connection.namespace };
    },

    /** Lists all environments of the catalog, or those of one service or name. */
    async places(request: Partial<ResolveRequest>): Promise<CatalogEntry[]> {
      const found = await catalog.places(request.service, request.environment);
      if (found.length > 0) return found;
      throw invalidInput([
        { path: request.service ? 'service' : 'environment', message: 'nothing in the catalog has this name' },
      ]);
    },
  };
}

/**
 * Says why a person may not start this here; null if they may. Anybody with a role may start what is of rollback class
 * (invariant I6).
 */
export function startRefusal(
  { service, environment, owners, settings }: CatalogEntry,
  { kind, requestedBy }: NonNullable<ResolveRequest['starts']>,
): string | null {
  const roles = isRollbackClass(kind) ? Object.keys(owners) : startersOf(settings, owners);
  if (rolesOf(owners, roles, requestedBy).length > 0) return null;
  const people = peopleOf(owners, roles).join(', ');
  const what = `a ${kind} of ${service} in ${environment}`;
  return `${requestedBy} may not start ${what}: holders of ${roles.join(', ')} may (${people})`;
}
