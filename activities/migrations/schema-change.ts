import type { Artifact } from '../../contract/artifact.ts';
import type { CatalogEntry } from '../../contract/catalog/catalog.ts';
import type { LiveState } from '../../contract/live.ts';
import type { ChangeKind, PlannedMigration } from '../../contract/plan.ts';
import type { Sources } from '../ports/index.ts';
import type { ListedMigrations } from './list.ts';
import { migrationsOfCommit } from './of-commit.ts';

/** Names what a schema may have been brought to, and the code that will meet it. */
export interface SchemaChangeRequest {
  entry: Pick<CatalogEntry, 'repository' | 'settings'>;
  artifact: Artifact;
  live: Pick<LiveState, 'exists' | 'serving'>;
  /** Commits of changes that may have migrated the schema, and were not released. */
  unreleased: readonly string[];
}

type MigrationSources = Pick<Sources, 'migrations'>;

/**
 * Finds the migrations that a change runs: those that what serves does not have. What serves may lag behind the
 * schema, so a migration of it alone counts all of them.
 */
export async function pendingMigrations(
  sources: MigrationSources,
  { entry, artifact, live }: Omit<SchemaChangeRequest, 'unreleased'>,
  kind: ChangeKind,
): Promise<ListedMigrations> {
  const all = await migrationsOfCommit(sources, entry, artifact.commit);
  const [{ commit = '' } = {}] = live.serving;
  if ('unknown' in all || commit === '' || kind === 'migrate') return all;
  return { migrations: without(all.migrations, await migrationsOfCommit(sources, entry, commit)) };
}

/**
 * Finds the migrations that the schema may have and the artifact's code does not know: of what serves, and of changes
 * that were never released (invariant I8).
 */
export async function crossedMigrations(
  sources: MigrationSources,
  { entry, artifact, live: { exists, serving }, unreleased }: SchemaChangeRequest,
): Promise<ListedMigrations> {
  const leaving = serving.filter(({ digest }) => digest !== artifact.digest);
  const commits = [...new Set([...leaving.map(({ commit }) => commit), ...unreleased])];
  if (!entry.settings.migration || (!exists && commits.length === 0)) return { migrations: [] };
  if (serving.length === 0 && exists)
    return { unknown: 'nothing serves, so nobody can say which migrations the schema has' };
  if (commits.every((commit) => commit !== '' && commit === artifact.commit)) return { migrations: [] };
  const newer = await migrationsOfAll(sources, entry, commits);
  if ('unknown' in newer) return newer;
  const own = await migrationsOfCommit(sources, entry, artifact.commit);
  return { migrations: without(newer.migrations, own) };
}

/**
 * Finds the migrations that a rollback crosses: what serving revisions have and the older code does not know. A
 * rollback runs none of them.
 */
export async function rolledBackMigrations(
  sources: MigrationSources,
  { entry, artifact: { digest, commit }, live: { serving } }: Omit<SchemaChangeRequest, 'unreleased'>,
): Promise<ListedMigrations> {
  const leaving = serving.filter((one) => one.digest !== digest);
  if (!entry.settings.migration || (leaving.length === 0 && serving.length > 0)) return { migrations: [] };
  if (commit === '') return { unknown: 'the commit to go back to is not known' };
  if (leaving.length === 0) return { unknown: 'nothing serves, so nobody can say from where it goes back' };
  const left = await migrationsOfAll(sources, entry, [...new Set(leaving.map((one) => one.commit))]);
  if ('unknown' in left) return left;
  return { migrations: without(left.migrations, await migrationsOfCommit(sources, entry, commit)) };
}

/** Lists the migrations of several commits, each once; unknown as soon as those of one are. */
async function migrationsOfAll(
  sources: MigrationSources,
  entry: SchemaChangeRequest['entry'],
  commits: readonly string[],
): Promise<ListedMigrations> {
  const lists = await Promise.all(commits.map((commit) => migrationsOfCommit(sources, entry, commit)));
  const [unknown] = lists.filter((one) => 'unknown' in one);
  if (unknown) return unknown;
  const all = lists.flatMap((one) => ('unknown' in one ? [] : one.migrations));
  return { migrations: all.filter(({ name }, index) => all.findIndex((one) => one.name === name) === index) };
}

/**
 * Leaves out the migrations that a commit has. Where nobody can list those, all stay: to run or to cross too many is
 * asked about once too often, never once too seldom.
 */
function without(all: PlannedMigration[], excluded: ListedMigrations): PlannedMigration[] {
  const names = new Set('unknown' in excluded ? [] : excluded.migrations.map(({ name }) => name));
  return all.filter(({ name }) => !names.has(name));
}
