/** One file of a commit, below the folder of its migrations. */
export interface MigrationFile {
  /** From that folder on, with `/` between folders. */
  path: string;
  /** Names the content: git's id of it. */
  blob: string;
  text: string;
}

/**
 * Describes how one tool keeps migrations. What it does not understand makes the whole folder unknown: a file that
 * might change the schema is never passed over (invariant I8).
 */
export interface Layout {
  /** What its files are called, for a person. */
  files: string;
  /** Names the migration that a file is; null if it is none. */
  nameOf(path: string): string | null;
  /** Says whether a file that is no migration is known, and changes no schema by itself. */
  ignores?(path: string): boolean;
  /** Says whether the tool runs a migration again when it has changed. */
  runsAgain?(path: string): boolean;
  /** Puts migrations in the order of the tool, or says why that cannot be told. Default: by name. */
  order?(files: readonly NamedFile[]): NamedFile[] | { problem: string };
  /** Reads the version by which the tool orders; null if a name has none. Absent: it does not order by names. */
  versionOf?(name: string): Version | null;
}

/** The numbers of a version, the most significant first. */
export type Version = readonly bigint[];

export interface NamedFile extends MigrationFile {
  name: string;
}

/** Answers a name that matches as a whole, else null. */
export function nameIf(pattern: RegExp, path: string): string | null {
  return pattern.test(path) ? path : null;
}

/** Reads the digits at the beginning of a name, by which most tools order. */
export function leadingDigits(name: string): Version | null {
  const digits = /^\d+/.exec(baseName(name))?.[0];
  return digits === undefined ? null : [BigInt(digits)];
}

/** Answers a negative number if the first version is the older one, zero if both are the same. */
export function compareVersions(one: Version, other: Version): number {
  const length = Math.max(one.length, other.length);
  for (let index = 0; index < length; index += 1) {
    const [left, right] = [one[index] ?? 0n, other[index] ?? 0n];
    if (left !== right) return left < right ? -1 : 1;
  }
  return 0;
}

/** Orders by version, and what has the same or none by name. */
export function byVersion(versionOf: NonNullable<Layout['versionOf']>): NonNullable<Layout['order']> {
  return (files) =>
    [...files].sort(
      (one, other) =>
        compareVersions(versionOf(one.name) ?? [], versionOf(other.name) ?? []) || (one.name < other.name ? -1 : 1),
    );
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
