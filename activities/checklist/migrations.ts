import type { CatalogEntry } from '../../contract/catalog/catalog.ts';
import type { Finding } from '../../contract/verdict.ts';
import { listOfMigrations, type PlannedMigration } from '../../contract/plan.ts';
import { layoutOf } from '../migrations/index.ts';
import { compareVersions, type Layout } from '../migrations/layout.ts';
import { folderOf, migrationsOfCommit } from '../migrations/of-commit.ts';
import type { Ports } from '../ports/index.ts';
import { combineFindings } from './findings.ts';

type VersionOf = NonNullable<Layout['versionOf']>;

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
        const folder = folderOf(migration);
        if (!folder)
          return {
            environment: entry.environment,
            verdict: 'pass' as const,
            reason: 'only the command knows them: the plan counts them as incompatible',
          };
        const ours = await migrationsOfCommit(sources, entry, commit);
        if ('unknown' in ours)
          return {
            environment: entry.environment,
            verdict: 'inconclusive' as const,
            reason: `nobody can say which migrations are new: ${ours.unknown}`,
          };
        if (servingCommits.includes(''))
          return {
            environment: entry.environment,
            verdict: 'inconclusive' as const,
            reason: 'the commit that serves is not known, so nobody can say which migrations are new',
          };
        const theirs = await Promise.all(servingCommits.map((running) => migrationsOfCommit(sources, entry, running)));
        const running = theirs.flatMap((one) => ('unknown' in one ? [] : one.migrations));
        return { environment: entry.environment, ...judgeOrder(ours.migrations, running, layoutOf(folder)) };
      }),
    ),
  );
}

/** Judges the order where the tool orders by versions in names. What has run must be there in any case. */
function judgeOrder(
  ours: readonly PlannedMigration[],
  theirs: readonly PlannedMigration[],
  { versionOf }: Pick<Layout, 'versionOf'>,
): Finding {
  const runsOnce = ({ runsAgain }: PlannedMigration): boolean => runsAgain !== true;
  const [oursOnce, theirsOnce] = [ours.filter(runsOnce), theirs.filter(runsOnce)];
  const problems = [
    ...(versionOf ? orderProblems(oursOnce, versionOf) : []),
    ...missing(oursOnce, theirsOnce),
    ...(versionOf ? outOfOrder(oursOnce, theirsOnce, versionOf) : []),
  ];
  if (problems.length > 0) return { verdict: 'fail', reason: problems.join('; ') };
  const present = new Set(theirs.map(({ name }) => name));
  const fresh = ours.filter(({ name }) => !present.has(name));
  const pending = fresh.length === 0 ? 'none is new' : `new: ${listOfMigrations(fresh)}`;
  return { verdict: 'pass', reason: `${ours.length} in order, ${pending}` };
}

function orderProblems(ours: readonly PlannedMigration[], versionOf: VersionOf): string[] {
  const files = new Map<string, string>();
  return ours.flatMap(({ name }) => {
    const version = versionOf(name)?.join('.');
    if (version === undefined) return [`the name of ${name} does not begin with a version`];
    const twin = files.get(version);
    files.set(version, name);
    return twin === undefined ? [] : [`${twin} and ${name} have the same version`];
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
function outOfOrder(
  ours: readonly PlannedMigration[],
  theirs: readonly PlannedMigration[],
  versionOf: VersionOf,
): string[] {
  const names = new Set(theirs.map(({ name }) => name));
  const versioned = theirs.flatMap(({ name }) => {
    const version = versionOf(name);
    return version === null ? [] : [{ name, version }];
  });
  const [newest] = versioned.sort((one, other) => compareVersions(other.version, one.version));
  if (!newest) return [];
  return ours
    .filter(({ name, outOfOrder: declared }) => !names.has(name) && declared !== true)
    .filter(({ name }) => compareVersions(versionOf(name) ?? newest.version, newest.version) < 0)
    .map(
      ({ name }) =>
        `${name} is older than ${newest.name}, which has run already: give it a newer version, or declare it with a ` +
        'line that is a comment: slipway: out-of-order',
    );
}
