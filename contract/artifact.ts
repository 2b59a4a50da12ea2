/** One image digest with the commit that it was built from. */
export interface Artifact {
  /** `<repository>@sha256:…` */
  image: string;
  digest: string;
  /** Full SHA; empty when an image was given and nothing tells its commit. */
  commit: string;
}

/** Reads the digest of an image reference; undefined for a mutable tag, which proves nothing (invariant I2). */
export function digestOf(image: string): string | undefined {
  return /@(sha256:[0-9a-f]{64})$/.exec(image)?.[1];
}

/** Reads the digest of an image reference; empty for a mutable tag, which proves nothing (invariant I2). */
export function digestOrEmpty(image: string): string {
  return digestOf(image) ?? '';
}

/** Reads the repository of an image reference, without tag and digest. */
export function repositoryOf(image: string): string {
  return image.replace(/@sha256:[0-9a-f]{64}$/, '').replace(/:[\w.-]+$/, '');
}

/** Names a commit by the twelve digits that people read. */
export function describeCommit(commit: string): string {
  return `commit ${commit.slice(0, 12) || 'unknown'}`;
}

/** Names an artifact for people: its commit first. */
export function describeArtifact({ commit, digest }: Pick<Artifact, 'commit' | 'digest'>): string {
  return `${describeCommit(commit)} (digest ${shortDigest(digest)})`;
}

/** Names what serves, or served, for people: its commit first. */
export function describeServed({ commit, revision, digest }: Omit<Artifact, 'image'> & { revision: string }): string {
  return `${describeCommit(commit)} (revision ${revision}, digest ${shortDigest(digest)})`;
}

/** Shortens a digest to the twelve digits that people read. */
export function shortDigest(digest: string): string {
  return digest.replace('sha256:', '').slice(0, 12);
}
