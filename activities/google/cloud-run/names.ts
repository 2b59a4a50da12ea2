import { finalFailure } from '../../failure.ts';
import { hasRoomForTag, maxTagLength } from '../../../contract/catalog/targets/cloud-run-names.ts';

/** Platform: Cloud Run Admin v2, RevisionTemplate.revision. */
const maxRevisionNameLength = 63;

/** Names the revision that a change stages; a repeat of the same attempt finds and adopts it (invariant I1). */
export function candidateRevision(service: string, change: string, attempt: number): string {
  return revisionName(service, `${change}-a${attempt}`);
}

/** Names the revision that carries the old template after a restore. */
export function restoredRevision(service: string, change: string, attempt: number): string {
  return revisionName(service, `${change}-r${attempt}`);
}

/**
 * Names the traffic tag under which a candidate can be called before it takes traffic: the change, or its beginning
 * where the service's name leaves less room; null where it leaves none.
 */
export function candidateTag(service: string, change: string): string | null {
  return hasRoomForTag(service) ? change.slice(0, maxTagLength(service)) : null;
}

/** Says whether a revision is the candidate that a change has staged under this tag. */
export function isCandidate(service: string, revision: string, tag: string): boolean {
  const [, change] = new RegExp(`^${service}-(c[a-z0-9]+)-a\\d+$`).exec(revision) ?? [];
  return change !== undefined && (tag === change || tag === candidateTag(service, change));
}

function revisionName(service: string, suffix: string): string {
  const name = `${service}-${suffix}`;
  if (name.length > maxRevisionNameLength)
    throw finalFailure('BadRequest', `revision name ${name} is longer than ${maxRevisionNameLength} characters`);
  return name;
}
