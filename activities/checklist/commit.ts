import type { CatalogEntry } from '../../contract/catalog/catalog.ts';
import { describeHold } from '../../contract/holds.ts';
import type { Finding } from '../../contract/verdict.ts';
import type { Ports } from '../ports/index.ts';

export interface CommitFinding extends Finding {
  /** False if the repository does not have the commit: then nothing else can be said of it. */
  found: boolean;
  /** True if the commit is on hold, which is an outcome of its own. */
  onHold: boolean;
}

/**
 * Confirms that the commit is on the release branch and on hold nowhere (runbook 004, pre-deploy checklist, line 3).
 */
export async function confirmCommit(
  { sources, environments }: Pick<Ports, 'sources' | 'environments'>,
  stops: readonly CatalogEntry[],
  commit: string,
): Promise<CommitFinding> {
  const [first] = stops;
  if (!first) throw new RangeError('a train has a stop');
  const { url, branch } = first.repository;
  const source = await sources.commit(first.repository, commit);
  if (!source.found)
    return { verdict: 'fail', found: false, onHold: false, reason: `unknown commit ${commit} in ${url}` };
  const holds = await Promise.all(
    stops.map(({ service, environment }) => heldIn(environments, service, environment, commit)),
  );
  const activeHolds = holds.flat();
  const problems = [
    ...(source.onBranch ? [] : [`commit ${commit} is not on the release branch ${branch}`]),
    ...activeHolds,
  ];
  if (problems.length > 0)
    return {
      verdict: 'fail',
      found: true,
      onHold: activeHolds.length > 0 && source.onBranch,
      reason: problems.join('; '),
    };
  return { verdict: 'pass', found: true, onHold: false, reason: `${commit} on ${branch}: ${source.subject}` };
}

async function heldIn(
  environments: Ports['environments'],
  service: string,
  environment: string,
  commit: string,
): Promise<string[]> {
  const state = await environments.statusOf(service, environment);
  const holds = (state?.holds ?? []).filter((hold) => hold.commit === commit);
  return holds.map((hold) => describeHold(hold, { service, environment }));
}
