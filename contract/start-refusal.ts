import { startersOf } from './catalog/approval-policy.ts';
import type { CatalogEntry } from './catalog/catalog.ts';
import { isRollbackClass, type HolderKind } from './environment.ts';
import { peopleOf, rolesOf } from './people.ts';

/**
 * Says why a person may not start this here; null if they may. Anybody with a role may start what is of rollback class
 * (invariant I6).
 */
export function startRefusal(
  { service, environment, owners, settings }: CatalogEntry,
  { kind, requestedBy }: { kind: HolderKind; requestedBy: string },
): string | null {
  const roles = isRollbackClass(kind) ? Object.keys(owners) : startersOf(settings, owners);
  if (rolesOf(owners, roles, requestedBy).length > 0) return null;
  const people = peopleOf(owners, roles).join(', ');
  const what = `a ${kind} of ${service} in ${environment}`;
  return `${requestedBy} may not start ${what}: holders of ${roles.join(', ')} may (${people})`;
}

/** Names what a run starts at its nth environment: a release deploys to the first, and promotes from there. */
export function startKindOf(type: HolderKind | 'release', index: number): HolderKind {
  if (type !== 'release') return type;
  return index === 0 ? 'deploy' : 'promote';
}
