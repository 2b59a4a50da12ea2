import type { CloudRunEntry } from '../../../contract/catalog/targets/cloud-run.ts';
import type { LiveState } from '../../../contract/live.ts';
import type { Service } from './resources.ts';

/**
 * Says who may call a service, in the platform's field. It is the service's own, so it holds at once and for every
 * revision. Platform: Cloud Run Admin v2, Service.invoker_iam_disabled.
 */
export type Access = Pick<Service, 'invokerIamDisabled'>;

export const accessPath = 'invoker_iam_disabled';

/** Reads the access of a service. */
export function accessOf(service: Service | undefined): Access {
  return { invokerIamDisabled: service?.invokerIamDisabled ?? false };
}

/** Gives the access that the catalog wants; empty where it leaves that to others. */
export function wantedAccess({ allowUnauthenticated }: CloudRunEntry): Access {
  return allowUnauthenticated === undefined ? {} : { invokerIamDisabled: allowUnauthenticated };
}

/** Gives the access that a snapshot has; empty where the catalog leaves it to others. */
export function recordedAccess({ isOpen }: LiveState): Access {
  return isOpen === undefined ? {} : { invokerIamDisabled: isOpen };
}

/** Says whether a service has the access, if one is wanted at all. */
export function hasAccess(service: Service, { invokerIamDisabled }: Access): boolean {
  return invokerIamDisabled === undefined || accessOf(service).invokerIamDisabled === invokerIamDisabled;
}
