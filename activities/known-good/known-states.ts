import { repositoryOf, type Artifact } from '../../contract/artifact.ts';
import type { CatalogEntry } from '../../contract/catalog/catalog.ts';
import type { LiveState, ServingRevision } from '../../contract/live.ts';
import type { NamedState } from '../../contract/named-state.ts';
import { changeEntries, verifiedChanges, type LedgerEntry, type Served } from '../../contract/ledger.ts';

/** Makes an artifact of what serves. Where the catalog has no build, the platform says whose image it is. */
export function servedArtifact({ build }: CatalogEntry, { digest, commit, image = '' }: ServedImage): Artifact {
  return { image: build ? `${build.image}@${digest}` : image, digest, commit };
}

type ServedImage = Pick<ServingRevision, 'digest' | 'commit' | 'image'>;

/**
 * Finds the repository of a service's images: the build's. Where the catalog has no build, it is that of what serves,
 * or of the migration job.
 */
export function imageRepository({ build }: CatalogEntry, { serving, job }: LiveState): string {
  const known = [...serving.map(({ image = '' }) => image), job?.image ?? ''].map(repositoryOf);
  return build?.image ?? known.find((repository) => repository !== '') ?? '';
}

/** Makes a named state, not verified yet; its image is of this repository. */
export function stateOf(repository: string, { revision, digest, commit }: Served, change: string): NamedState {
  return { artifact: { image: `${repository}@${digest}`, digest, commit }, revision, change, verified: false };
}

/** Lists known-good states, newest first: what was verified, then what served before Slipway's first change. */
export function knownGoodStates(repository: string, ledger: LedgerEntry[]): NamedState[] {
  const verified = verifiedChanges(ledger).map(({ revision, digest, commit, change, skipped }) => ({
    ...stateOf(repository, { revision: revision ?? '', digest, commit }, change),
    verified: true,
    ...(skipped && { skipped }),
  }));
  const before = changeEntries(ledger).flatMap(({ before: state, change }) =>
    state && state.digest !== '' ? [stateOf(repository, state, change)] : [],
  );
  const unverified = before.filter(({ artifact }) => !verified.some((one) => one.artifact.digest === artifact.digest));
  return [...verified.reverse(), ...unverified.reverse()];
}

/**
 * Says whether a state has this name. A change id names what it verified; a state before a change has its revision or
 * commit.
 */
export function isNamed({ change, revision, artifact, verified }: NamedState, name: string): boolean {
  return (verified && change === name) || revision === name || beginsWith(artifact.commit, name);
}

/** Says whether a name is the beginning of a commit, at least 7 digits long. */
export function beginsWith(commit: string, name: string): boolean {
  return name.length >= 7 && commit.startsWith(name);
}
