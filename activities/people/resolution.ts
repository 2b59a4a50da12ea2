import type { CatalogEntry } from '../../contract/catalog/catalog.ts';
import { peopleOf, rolesOf } from '../../contract/people.ts';
import { startersOf } from '../../contract/catalog/approval-policy.ts';
import type { ChangeKind } from '../../contract/plan.ts';
import type { Train } from '../../contract/release.ts';
import { invalidInput } from '../failure.ts';
import type { Ports } from '../ports/index.ts';

export interface ResolveRequest {
  service: string;
  environment: string;
  /** Who starts what, so that it is refused to those whose role does not allow it. */
  starts?: { kind: ChangeKind; requestedBy: string };
}

export interface Resolution {
  entry: CatalogEntry;
  /** Search attributes that the server knows; upserting another one would fail the workflow task. */
  searchAttributes: string[];
  /** For commands that people paste. */
  address: string;
  namespace: string;
}

export interface TrainResolution extends Omit<Resolution, 'entry'> {
  train: Train;
}

/** What a run needs to know before it does anything: its catalog entry as values, and what the server can record. */
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

    /** The same for a release: every place on its way. */
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

    /** Every place of the catalog, or those of one service or environment. */
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
 * Why a person may not start this here; null when they may. A rollback may be started by whoever holds a role at all
 * (invariant I6).
 */
export function startRefusal(
  { service, environment, owners, settings }: CatalogEntry,
  { kind, requestedBy }: NonNullable<ResolveRequest['starts']>,
): string | null {
  const roles = kind === 'rollback' ? Object.keys(owners) : startersOf(settings, owners);
  if (rolesOf(owners, roles, requestedBy).length > 0) return null;
  return `${requestedBy} may not start a ${kind} of ${service} in ${environment}: holders of ${roles.join(', ')} may (${peopleOf(owners, roles).join(', ')})`;
}
