import { describeCommit } from './artifact.ts';

/**
 * Says what an artifact rests on: what names its digest as built from its commit.
 * - `attested`: a provenance that verifies against what the catalog pins.
 * - `build`: a build of ours that was given the commit. Nothing is signed.
 * - `tag`: only the tag in the registry, which whoever may push can move.
 * - `image`: nothing; an image was given, and its commit is not known.
 * - `unknown`: nobody answered.
 */
export type ArtifactOrigin =
  | { kind: 'attested'; by: string; builder: string; build: string | null }
  | { kind: 'build'; build: string }
  | { kind: 'tag' }
  | { kind: 'image' }
  | { kind: 'unknown'; why: string };

/** Says in one line what an artifact rests on. */
export function describeOrigin(origin: ArtifactOrigin, commit: string): string {
  const named = describeCommit(commit);
  switch (origin.kind) {
    case 'attested':
      return `attested by ${origin.by}: ${origin.builder} built ${named}${origin.build ? ` (${origin.build})` : ''}`;
    case 'build':
      return `built from ${named} by build ${origin.build} of ours`;
    case 'tag':
      return `only the tag says that this is ${named}: no build of ours names its digest`;
    case 'image':
      return 'nothing says from which commit this image was built';
    case 'unknown':
      return `it is not known what built this: ${origin.why}`;
  }
}
