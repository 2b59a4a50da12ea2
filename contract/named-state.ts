import { describeCommit, type Artifact } from './artifact.ts';
import { describeSkipped } from './ending.ts';

/** A state that a rollback can name: the artifact, and the revision that carried it. */
export interface NamedState {
  artifact: Artifact;
  revision: string;
  /** The change that verified it, or the one before which it served; empty where only the platform knows it. */
  change: string;
  verified: boolean;
  /** Steps that people skipped when it was verified; absent if none was. */
  skipped?: string[];
}

/** Describes a state for a person: by its commit, and by the name that a rollback takes. */
export function describeState({ change, revision, artifact: { commit }, verified, skipped = [] }: NamedState): string {
  const unverified = change === '' ? 'as the platform has it' : `served before change ${change}`;
  const origin = verified ? `verified by change ${change}${describeSkipped(skipped)}` : unverified;
  return `${describeCommit(commit)} (revision ${revision}, ${origin})`;
}
