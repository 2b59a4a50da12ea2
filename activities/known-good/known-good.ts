import { describeArtifact, describeCommit, shortDigest, type Artifact } from '../../contract/artifact.ts';
import type { CatalogEntry } from '../../contract/catalog/catalog.ts';
import { describeDrift } from '../../contract/drift.ts';
import type { EnvironmentStatus } from '../../contract/environment.ts';
import { describeHold } from '../../contract/holds.ts';
import { lastKnownGood } from '../../contract/ledger.ts';
import type { LiveState } from '../../contract/live.ts';
import { commitOfArtifact } from '../artifact-commit.ts';
import { requireConfiguration } from '../configuration/index.ts';
import { finalFailure, invalidInput } from '../failure.ts';
import { currentLedger } from '../current-ledger.ts';
import type { Ports } from '../ports/index.ts';
import { requireStillOnBranch } from '../release-branch.ts';
import { servedArtifact } from './known-states.ts';

export interface PromotionSourceRequest {
  /** The environment to promote to. */
  entry: CatalogEntry;
  from: string;
  /** The reason; a promotion of something older than what runs needs one. */
  reason: string | null;
  /** The artifact that was planned; null before there is a plan. */
  planned: string | null;
}

/** The artifact that may be promoted. */
export interface PromotionSource extends Artifact {
  /** Steps that people skipped when it was verified; absent if none was. */
  skipped?: string[];
}

/**
 * Finds what another environment knows to be good: the source of a promotion (runbook 004, deployment procedure, step
 * 5).
 */
export function createKnownGoodActivities({
  attestations,
  catalog,
  environments,
  evidence,
  secrets,
  sources,
  targets,
  builds,
}: Pick<
  Ports,
  'attestations' | 'builds' | 'catalog' | 'environments' | 'evidence' | 'secrets' | 'sources' | 'targets'
>) {
  return {
    /** Answers the artifact that `from` verified and serves, or fails with the reason why it may not go on. */
    async promotionSource({ entry, from, reason, planned }: PromotionSourceRequest): Promise<PromotionSource> {
      const { service } = entry;
      const source = await catalog.resolve(service, from);
      if ('message' in source) throw invalidInput([{ path: 'from', message: source.message }]);
      const [there, here, live] = await Promise.all([
        currentLedger({ environments, evidence }, source),
        environments.statusOf(service, entry.environment),
        observe(source),
      ]);
      const verified = lastKnownGood(there.ledger);
      const serving = onlyServing(live);
      if (!serving)
        throw finalFailure(
          'Superseded',
          `${from} does not serve one artifact with all its traffic: give one revision all of it, then promote again`,
        );
      if (verified?.digest !== serving.digest)
        throw finalFailure(
          'Superseded',
          `${from} serves ${describeArtifact(serving)}, but verified ` +
            `${verified ? describeArtifact(verified) : 'nothing so far'} last: release it there first`,
        );
      if (planned !== null && planned !== serving.digest)
        throw finalFailure(
          'Superseded',
          `${from} now serves ${describeArtifact(serving)}, but this promotion was planned for ` +
            `digest ${shortDigest(planned)}: start it again`,
        );
      refuseHeld([there.status, here], serving.digest);
      refuseDrifted(there.status, here);
      const served = servedArtifact(entry, serving);
      const commit = await commitOfArtifact({ attestations, builds, catalog }, entry, served);
      await refuseOlder(entry, commit, reason);
      await requireConfiguration({ secrets, sources }, entry, commit);
      // Later looks at the branch are steps of their own.
      if (planned === null && commit !== '') await requireStillOnBranch({ sources }, entry.repository, commit);
      const { skipped } = verified;
      return { ...served, commit, ...(skipped && { skipped }) };
    },
  };

  function observe({ settings }: CatalogEntry): Promise<LiveState> {
    return targets[settings.target.kind].observe(settings.target);
  }

  async function refuseOlder(
    { repository, environment, settings }: CatalogEntry,
    commit: string,
    reason: string | null,
  ): Promise<void> {
    const running = onlyServing(await targets[settings.target.kind].observe(settings.target))?.commit;
    if (reason !== null || !running || !commit || running === commit) return;
    if (await sources.includes(repository, running, commit)) {
      throw finalFailure(
        'Superseded',
        `${environment} runs ${describeCommit(running)}, which is newer than ${describeCommit(commit)}: ` +
          'to promote the older one, give a reason',
      );
    }
  }
}

/** Refuses to promote what is on hold in one of these environments. */
function refuseHeld(states: (EnvironmentStatus | null)[], digest: string): void {
  for (const state of states) {
    const hold = state?.holds.find((one) => one.digest === digest);
    if (state && hold)
      throw finalFailure('OnHold', `in ${state.environment} this artifact is ${describeHold(hold, state)}`);
  }
}

/** Refuses to promote from or to an environment that drifted, until that is decided or gone. */
function refuseDrifted(...states: (EnvironmentStatus | null)[]): void {
  for (const state of states) {
    if (!state?.drift) continue;
    const { service, environment, drift } = state;
    throw finalFailure('Superseded', `${environment} has a ${describeDrift(drift, service, environment)}`);
  }
}

/** Finds what has all the traffic; undefined if it is split or nothing serves. */
export function onlyServing({ serving }: LiveState) {
  const [only, ...others] = serving.filter(({ percent }) => percent > 0);
  return others.length === 0 ? only : undefined;
}
