/** Names the attributes that make the Temporal list a dashboard. All are keywords. */
export const searchAttributeNames = [
  'SlipwayService',
  'SlipwayEnvironment',
  'SlipwayPhase',
  'SlipwayCommit',
  'SlipwayDigest',
  'SlipwaySeverity',
] as const;

export type SearchAttributeName = (typeof searchAttributeNames)[number];
