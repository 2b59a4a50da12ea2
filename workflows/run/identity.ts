import type { Resolution } from '../../activities/people/resolution.ts';
import type { CatalogEntry } from '../../contract/catalog/catalog.ts';
import type { Signer } from '../../contract/catalog/approval-policy.ts';
import type { Owners } from '../../contract/people.ts';
import type { TemporalEndpoint } from './commands.ts';

/** Tells a run what its catalog entry and the worker say of people and of the server. */
export interface Identity {
  /** Names the catalog entry by which messages are judged. */
  place: { service: string; environment: string };
  owners: Owners;
  /** Roles that operate the environment: they decide what is parked. */
  operators: readonly string[];
  endpoint: TemporalEndpoint;
  /** Search attributes that the server knows. */
  searchAttributes: readonly string[];
  /** Names the installation in what people sign; undefined for a run of an earlier version. */
  temporal: string | undefined;
  /** Keys of people where approvals are signed; null where a message is believed. */
  signers: readonly Signer[] | null;
  /** Time after which the status says what a step waits for; absent for the usual. */
  standstillMs?: number | undefined;
}

/** Makes the identity of a run that is about these environments: the first that has signed approvals counts for all. */
export function identityOf(
  { searchAttributes, address, namespace, temporal, standstillMs }: Omit<Resolution, 'entry'>,
  [first, ...others]: readonly [CatalogEntry, ...CatalogEntry[]],
): Identity {
  const { service, environment, owners, settings, signers } = [first, ...others].find(isSigned) ?? first;
  return {
    place: { service, environment },
    owners,
    operators: settings.operators,
    endpoint: { address, namespace },
    searchAttributes,
    temporal,
    standstillMs,
    signers: settings.approvals.identity === 'signed' ? signers : null,
  };
}

function isSigned({ settings }: CatalogEntry): boolean {
  return settings.approvals.identity === 'signed';
}
