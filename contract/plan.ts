import type { Artifact } from './artifact.ts';
import type { ConfigurationKey, PackedManifest } from './configuration.ts';
import type { LiveState } from './live.ts';
import type { ArtifactOrigin } from './origin.ts';

/** Lists the kinds of changes, each named as its workflow type. */
export const changeKinds = ['deploy', 'migrate', 'promote', 'rollback', 'restart', 'rotateSecrets'] as const;
export type ChangeKind = (typeof changeKinds)[number];

/** Says whether a change brings an artifact that did not serve before, or may not have. */
export function releasesArtifact(kind: ChangeKind): boolean {
  return kind !== 'migrate' && kind !== 'restart' && kind !== 'rotateSecrets';
}

/** A migration of the artifact that the live commit does not have yet. Undeclared is incompatible (invariant I8). */
export interface PlannedMigration {
  name: string;
  compatibility: 'compatible' | 'incompatible';
  /** Declared to run although newer ones have run already. */
  outOfOrder?: true;
  /** It runs again whenever it has changed. Its name then has a part of the content's id. */
  runsAgain?: true;
}

/** A secret that a rotation gives another version. */
export interface RotatedSecret {
  /** The environment variable that carries it. */
  variable: string;
  /** Its name in the secret store; on Kubernetes with its key: `name/key`. */
  secret: string;
  /** Number of the version that serves now; `latest` where nobody has named one. */
  from: string;
  /** Number of its next version. */
  to: string;
}

/** Asks for so many different people of a role. */
export interface RequiredApproval {
  role: string;
  count: number;
}

/** One commit, as its author wrote it; the subject is cut to 100 characters. */
export interface CommitLine {
  commit: string;
  subject: string;
  author: string;
}

/** Tells what users get with a plan, and what they lose, between the commit that serves and the artifact's. */
export interface CommitsBetween {
  /** How many commits the artifact has that what serves does not have. */
  count: number;
  /** The newest of them, at most `maxCommitLines`. */
  newest: CommitLine[];
  /** How many commits serve now that the artifact does not have: 0 if what serves is an ancestor of it. */
  lost: number;
}

/** Enough to recognize a release by; the whole list is in the repository. */
export const maxCommitLines = 20;

/** Describes what a change will do, computed before any write; immutable. */
export interface Plan {
  change: string;
  kind: ChangeKind;
  service: string;
  environment: string;
  artifact: Artifact;
  /** Null if nobody can say: a commit is not known, or its folder of migrations is not understood (invariant I8). */
  migrations: PlannedMigration[] | null;
  /**
   * Migrations that the schema may have, of what serves or of a change that was never released, and that the artifact's
   * code does not know. Null if nobody can say; absent where there is none, and in a rollback, whose `migrations` they
   * are (invariant I8).
   */
  crossed?: PlannedMigration[] | null;
  steps: string[];
  /** What a rotation changes; absent in a plan of every other kind. */
  secrets?: RotatedSecret[];
  approvals: RequiredApproval[];
  /** Digest of the resolved catalog entry. */
  catalog: string;
  /** The part of the live state that this change sets. */
  live: Pick<LiveState, 'serving' | 'traffic' | 'template' | 'job' | 'jobs'>;
  rollbackTo: { revision: string; digest: string; commit: string } | null;
  /** SHA-256 over all of the above: what an approval names (invariant I4). */
  hash: string;
  /**
   * What goes out. It follows from the artifact and what serves, so the hash covers it without having it. Null where a
   * commit is not known or the repository did not answer; absent in a plan of an earlier version.
   */
  commits?: CommitsBetween | null;
  /**
   * What changes of template or manifests, as a unified difference that is cut where it is long. The hash covers what
   * it follows from. Null where nothing is rendered; absent in a plan of an earlier version.
   */
  difference?: string | null;
  /**
   * From where each key of the configuration is taken. The hash covers it, since catalog and commit are in it. Absent
   * where nothing is rendered or the repository did not answer, and in a plan of an earlier version.
   */
  configuration?: ConfigurationKey[];
  /**
   * Why nobody can say which migrations run. It follows from commit and catalog, which the hash covers. Absent where
   * they are known, and in a plan of an earlier version.
   */
  migrationsUnknown?: string;
  /** Why nobody can say which migrations the artifact's code does not know; absent as the reason above may be. */
  crossedUnknown?: string;
  /**
   * What the artifact rests on. The hash covers the digest, and by the catalog the keys and identities that have to
   * attest it. Absent where nothing new is released, before there is a build, and in a plan of an earlier version.
   */
  origin?: ArtifactOrigin;
  /**
   * What of the catalog its sources refuse, a line each: a filter or a query. Only in a plan of rollback class, which
   * goes on without; every other is refused.
   */
  refusedQuestions?: string[];
  /** What the build packs into the image. The hash covers it, as it does the configuration; absent as that may be. */
  manifest?: PackedManifest;
}

/** Shortens a plan's hash to what people read and type. */
export function shortHash(hash: string): string {
  return hash.slice(0, 12);
}

/** Says what a rotation changes, in one line. */
export function describeRotation(secrets: readonly RotatedSecret[]): string {
  return secrets.map(({ variable, from, to }) => `${variable} ${from} → ${to}`).join(', ');
}

/** Says a commit in one line. */
export function describeCommit({ commit, subject, author }: CommitLine): string {
  return `${commit.slice(0, 12)} ${subject} (${author})`;
}

/** Says how many commits users gain. */
export function countOfGained(count: number): string {
  return count === 0 ? 'no new commit' : countOf(count, 'commit');
}

/** Lists migrations, each with what is known of it. */
export function listOfMigrations(migrations: readonly PlannedMigration[]): string {
  return migrations.map(({ name, compatibility }) => `${name} (${compatibility})`).join(', ');
}

/** Says a count in words: `1 commit`, `2 commits`. */
export function countOf(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}
