import type { CatalogEntry } from '../../contract/catalog/catalog.ts';
import type { Finding } from '../../contract/verdict.ts';
import type { PlannedMigration } from '../../contract/plan.ts';
import type { Ports } from '../ports/index.ts';
import { combineFindings } from './findings.ts';

/**
 * Confirms that migrations are committed and in order for each environment (runbook 004, pre-deploy checklist, line 2).
 */
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
        const servingCommits = [...new Set(serving.map((one) => one.commit))];
        const ours = await sources.migrations(entry.repository, commit, migration.directory);
        if (servingCommits.includes(''))
          return {
            environment: entry.environment,
            verdict: 'inconclusive' as const,
            reason: 'the commit that serves is not known, so nobody can say which migrations are new',
          };
        const theirs = await Promise.all(
          servingCommits.map((running) => sources.migrations(entry.repository, running, migration.directory)),
        );
        return { environment: entry.environment, ...judgeOrder(ours, theirs.flat()) };
      }),
    ),
  );
}

function judgeOrder(ours: readonly PlannedMigration[], theirs: readonly PlannedMigration[]): Finding {
  const problems = [...orderProblems(ours), ...missing(ours, theirs), ...outOfOrder(ours, theirs)];
  if (problems.length > 0) return { verdict: 'fail', reason: problems.join('; ') };
  const present = new Set(theirs.map(({ name }) => name));
  const fresh = ours.filter(({ name }) => !present.has(name));
  const pending =
    fresh.length === 0
      ? 'none is new'
      : `new: ${fresh.map(({ name, compatibility }) => `${name} (${compatibility})`).join(', ')}`;
  return { verdict: 'pass', reason: `${ours.length} in order, ${pending}` };
}

/** Reads the digits at the beginning of a file's name, by which migration tools order. */
function versionOf({ name }: PlannedMigration): bigint | null {
  const digits = /^\d+/.exec(name)?.[0];
  return digits === undefined ? null : BigInt(digits);
}

function orderProblems(ours: readonly PlannedMigration[]): string[] {
  const files = new Map<bigint, string>();
  return ours.flatMap((migration) => {
    const version = versionOf(migration);
    if (version === null) return [`the name of ${migration.name} does not begin with a version`];
    const twin = files.get(version);
    files.set(version, migration.name);
    return twin === undefined ? [] : [`${twin} and ${migration.name} have the same version`];
  });
}

function missing(ours: readonly PlannedMigration[], theirs: readonly PlannedMigration[]): string[] {
  const names = new Set(ours.map(({ name }) => name));
  const absent = [...new Set(theirs.map(({ name }) => name))].filter((name) => !names.has(name));
  return absent.length === 0 ? [] : [`runs with ${absent.join(', ')}, which the commit does not have`];
}

/**
 * Finds new migrations that are older than one that has run. Some tools never run such a one, others run it in another
 * order than elsewhere.
 */
function outOfOrder(ours: readonly PlannedMigration[], theirs: readonly PlannedMigration[]): string[] {
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
        `${name} is older than ${newest.name}, which has run already: ` +
        'give it a newer version, or declare it with a line "-- slipway: out-of-order"',
    );
}
