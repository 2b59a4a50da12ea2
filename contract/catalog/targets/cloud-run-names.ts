/**
 * How long a Cloud Run service's name may be, so that names of a change's revisions (`-`, the change id of eleven
 * characters, `-a1`) have at most 63.
 */
export const maxServiceLength = 48;

/** Platform: Cloud Run, "Combined traffic tag and service name cannot exceed 46 characters". */
const maxTagAndServiceLength = 46;

/** A shorter tag would hardly differ from a person's. */
const minTagLength = 4;

/** Answers how many characters a service's name leaves for a traffic tag. */
export function maxTagLength(service: string): number {
  return maxTagAndServiceLength - service.length;
}

/** Says whether a candidate of a service can have a tag, and with it an address of its own. */
export function hasRoomForTag(service: string): boolean {
  return maxTagLength(service) >= minTagLength;
}
