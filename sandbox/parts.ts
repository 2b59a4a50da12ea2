/** Parts that a sandbox has only when they are asked for: each takes a server that is built once. */
const names = ['monitoring', 'kubernetes'] as const;

export type FurtherPart = (typeof names)[number];

/** The field of `.slipway/sandbox.json` that describes each part. */
export const describedAs = { monitoring: 'prometheus', kubernetes: 'kubernetes' } as const;

/** Checks the names of parts; throws with all that are unknown. */
export const furtherParts = (asked: string[]): FurtherPart[] => {
  const unknown = asked.filter((name) => !(names as readonly string[]).includes(name));
  if (unknown.length > 0)
    throw new Error(`the sandbox has no part called ${unknown.join(', ')}; there is: ${names.join(', ')}`);
  return asked as FurtherPart[];
};
