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

/** Names the traffic tag under which a candidate can be called before it takes traffic. */
export function candidateTag(change: string): string {
  return change;
}

/** Says whether a revision is the candidate that a change has staged under this tag. */
export function isCandidate(service: string, revision: string, tag: string): boolean {
  return revision.startsWith(`${service}-${tag}-a`);
}

function revisionName(service: string, suffix: string): string {
  const name = `${service}-${suffix}`;
  if (name.length > maxRevisionNameLength)
    throw new RangeError(`revision name ${name} is longer than ${maxRevisionNameLength} characters`);
  return name;
}
