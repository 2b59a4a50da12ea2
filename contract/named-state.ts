import { describeCommit, type Artifact } from './artifact.ts';
import { describeSkipped } from './ending.ts';

/** A state that a rollback can name: the artifact, and the revision that carried it. */
export interface NamedState {
  artifact: Artifact;
  revision: string;
  /** The change that verified it, or the one before which it served. */
  change: string;
  verified: boolean;
  /** Steps that people skipped when it was verified; absent if none was. */
  skipped?: string[];
}

/** Describes a state for a person: by its commit, and by the name that a rollback takes. */
export function describeState({ change, revision, artifact: { commit }, verified, skipped = [] }: NamedState): string {
  const origin = verified
    ? `verified by change ${change}${describeSkipped(skipped)}`
    : `served before change ${change}`;
  return `${describeCommit(commit)} (revision ${revision}, ${origin})`;
}
