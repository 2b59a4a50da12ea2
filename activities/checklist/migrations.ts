import type { CatalogEntry } from '../../contract/catalog/catalog.ts';
import type { Finding } from '../../contract/verdict.ts';
import type { PlannedMigration } from '../../contract/plan.ts';
import type { Ports } from '../ports/index.ts';
import { combineFindings } from './findings.ts';

/** Migrations committed and ordered, for each environment of the train (runbook 004, pre-deploy checklist, line 2). */
export async function confirmMigrations(
  { sources, targets }: Pick<Ports, 'sources' | 'targets'>,
  stops: readonly CatalogEntry[],
  commit: string,
): Promise<Finding> {
  return combineFindings(
    await Promise.all(
      stops.map(async (entry) => {
        const { migration, target } = entry.settings;
        if (!migration)
          return { environment: entry.environment, verdict: 'pass' as const, reason: 'has no migrations' };
        const { serving } = await targets[target.kind].observe(target);
        const known = [...new Set(serving.map((one) => one.commit))];
        const ours = await sources.migrations(entry.repository, commit, migration.directory);
        if (known.includes(''))
          return {
            environment: entry.environment,
            verdict: 'inconclusive' as const,
            reason: 'the commit that serves is not known, so nobody can say which migrations are new',
          };
        const theirs = await Promise.all(
          known.map((running) => sources.migrations(entry.repository, running, migration.directory)),
        );
        return { environment: entry.environment, ...judgeOrder(ours, theirs.flat()) };
      }),
    ),
  );
}

function judgeOrder(ours: readonly PlannedMigration[], theirs: readonly PlannedMigration[]): Finding {
  const problems = [...orderProblems(ours), ...missing(ours, theirs), ...late(ours, theirs)];
  if (problems.length > 0) return { verdict: 'fail', reason: problems.join('; ') };
  const known = new Set(theirs.map(({ name }) => name));
  const fresh = ours.filter(({ name }) => !known.has(name));
  const pending =
    fresh.length === 0
      ? 'none is new'
      : `new: ${fresh.map(({ name, compatibility }) => `${name} (${compatibility})`).join(', ')}`;
  return { verdict: 'pass', reason: `${ours.length} in order, ${pending}` };
}

/** Digits at the beginning of a file's name: what migration tools order by. */
function versionOf({ name }: PlannedMigration): bigint | null {
  const digits = /^\d+/.exec(name)?.[0];
  return digits === undefined ? null : BigInt(digits);
}

function orderProblems(ours: readonly PlannedMigration[]): string[] {
  const seen = new Map<bigint, string>();
  return ours.flatMap((migration) => {
    const version = versionOf(migration);
    if (version === null) return [`${migration.name} has no version at the beginning of its name`];
    const twin = seen.get(version);
    seen.set(version, migration.name);
    return twin === undefined ? [] : [`${twin} and ${migration.name} have the same version`];
  });
}

function missing(ours: readonly PlannedMigration[], theirs: readonly PlannedMigration[]): string[] {
  const names = new Set(ours.map(({ name }) => name));
  const lost = [...new Set(theirs.map(({ name }) => name))].filter((name) => !names.has(name));
  return lost.length === 0 ? [] : [`runs with ${lost.join(', ')}, which the commit does not have`];
}

/**
 * One that is older than what has run already never runs in some tools, and in another order than elsewhere in the
 * others.
 */
function late(ours: readonly PlannedMigration[], theirs: readonly PlannedMigration[]): string[] {
  const names = new Set(theirs.map(({ name }) => name));
  const newest = theirs
    .map((migration) => ({ migration, version: versionOf(migration) }))
    .reduce<{ name: string; version: bigint } | null>(
      (last, { migration, version }) =>
        version !== null && (last === null || version > last.version) ? { name: migration.name, version } : last,
      null,
    );
  if (!newest) return [];
  return ours
    .filter((migration) => !names.has(migration.name) && migration.outOfOrder !== true)
    .filter((migration) => (versionOf(migration) ?? newest.version) < newest.version)
    .map(
      ({ name }) =>
        `${name} is older than ${newest.name}, which runs already: give it a newer version, or declare it with a line "-- slipway: out-of-order"`,
    );
}
