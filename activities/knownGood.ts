import type { Artifact } from '../contract/artifact.ts';
import type { CatalogEntry } from '../contract/catalog.ts';
import type { LedgerEntry } from '../contract/environment.ts';
import type { LiveState } from '../contract/live.ts';
import type { ChangeKind } from '../contract/plan.ts';
import { finalFailure, invalidInput } from './failure.ts';
import type { Ports } from './ports/index.ts';

export interface PromotableRequest {
  /** The place to promote to. */
  entry: CatalogEntry;
  from: string;
  /** A promotion of what is older than what runs needs one. */
  reason: string | null;
  /** The artifact that was planned; null before there is a plan. */
  planned: string | null;
}

/** A state that a rollback can name: the artifact, and the revision that carried it. */
export interface KnownGood {
  artifact: Artifact;
  revision: string;
  /** The change that verified it, or the one before which it served. */
  change: string;
  verified: boolean;
}

/** What the ledger knows to be good: sources of promotions, goals of rollbacks (runbook 004, procedure step 5 and rollback step 1). */
export function createLedgerActivities({ catalog, environments, evidence, sources, targets }: Pick<Ports, 'catalog' | 'environments' | 'evidence' | 'sources' | 'targets'>) {
  return {
    /** The artifact verified in `from` and serving there, or why it may not go on. */
    async promotable({ entry, from, reason, planned }: PromotableRequest): Promise<Artifact> {
      const { service } = entry;
      const source = await catalog.resolve(service, from);
      if ('message' in source) throw invalidInput([{ path: 'from', message: source.message }]);
      const [there, here, live] = await Promise.all([environments.look(service, from), environments.look(service, entry.environment), observe(source)]);
      const verified = (there?.ledger ?? (await evidence.readLedger(service, from))).findLast((one) => one.verified);
      const serving = onlyServing(live);
      if (!serving) throw finalFailure('Superseded', `${from} does not serve one artifact with all its traffic, so there is nothing to promote`);
      if (verified?.digest !== serving.digest) throw finalFailure('Superseded', `what ${from} serves (${serving.digest}) is not what was verified there last (${verified?.digest ?? 'nothing so far'}): release it there first`);
      if (planned !== null && planned !== serving.digest) throw finalFailure('Superseded', `${from} serves ${serving.digest} by now, this promotion was planned for ${planned}`);
      const hold = [...(there?.holds ?? []), ...(here?.holds ?? [])].find(({ digest }) => digest === serving.digest);
      if (hold) throw finalFailure('OnHold', `this artifact is on hold since ${hold.since}: ${hold.reason} (change ${hold.change})`);
      await refuseOlder(entry, serving.commit, reason);
      return { image: `${entry.build?.image ?? ''}@${serving.digest}`, digest: serving.digest, commit: serving.commit };
    },

    /** The named known-good state; without a name the last one that is not what serves now and not on hold. */
    async rollbackGoal({ entry, to }: { entry: CatalogEntry; to: string | null }): Promise<KnownGood> {
      const { service, environment } = entry;
      const [state, live] = await Promise.all([environments.look(service, environment), observe(entry)]);
      const ledger = state?.ledger ?? (await evidence.readLedger(service, environment));
      const held = new Set((state?.holds ?? []).map(({ digest }) => digest));
      const serving = onlyServing(live);
      // A deploy that is under way is what is gone away from; what still serves beside it is the state before.
      const under = state?.holder && releasing.includes(state.holder.kind) && state.holder.digest !== serving?.digest ? state.holder : null;
      const known = [...(under && serving ? [stateOf(entry, serving, under.change)] : []), ...knownGoodStates(entry, ledger)];
      const avoided = under?.digest ?? serving?.digest;
      const goal = to === null ? known.find(({ artifact }) => artifact.digest !== avoided && !held.has(artifact.digest)) : known.find((one) => isNamed(one, to));
      if (goal) return goal;
      const list = known.map(({ change, revision, artifact }) => `${change} (${revision}, commit ${artifact.commit.slice(0, 12)})`).join(', ') || 'none';
      throw invalidInput([{ path: 'to', message: to === null ? `there is no earlier state to go back to; known: ${list}` : `${to} is no known-good state of ${environment}; known: ${list}` }]);
    },
  };

  function observe({ place }: CatalogEntry): Promise<LiveState> {
    return targets[place.target.kind].observe(place.target);
  }

  async function refuseOlder({ repository, environment, place }: CatalogEntry, commit: string, reason: string | null): Promise<void> {
    const running = onlyServing(await targets[place.target.kind].observe(place.target))?.commit;
    if (reason !== null || !running || !commit || running === commit) return;
    if (await sources.includes(repository, running, commit)) {
      throw finalFailure('Superseded', `${environment} runs ${running.slice(0, 12)}, which is newer than ${commit.slice(0, 12)}: give a reason to promote the older one all the same`);
    }
  }
}

const releasing: readonly ChangeKind[] = ['deploy', 'promote'];

function stateOf({ build }: CatalogEntry, { revision, digest, commit }: { revision: string; digest: string; commit: string }, change: string): KnownGood {
  return { artifact: { image: `${build?.image ?? ''}@${digest}`, digest, commit }, revision, change, verified: false };
}

/** Newest first: what was verified, then what served before the first change that Slipway made. */
function knownGoodStates(entry: CatalogEntry, ledger: LedgerEntry[]): KnownGood[] {
  const verified = ledger.filter((one) => one.verified && one.digest !== '').map((one) => ({ ...stateOf(entry, one, one.change), verified: true }));
  const before = ledger.flatMap(({ before: state, change }) => (state && state.digest !== '' ? [stateOf(entry, state, change)] : []));
  const unverified = before.filter(({ artifact }) => !verified.some((one) => one.artifact.digest === artifact.digest));
  return [...verified.reverse(), ...unverified.reverse()];
}

function isNamed({ change, revision, artifact }: KnownGood, name: string): boolean {
  return change === name || revision === name || (name.length >= 7 && artifact.commit.startsWith(name));
}

function onlyServing({ serving }: LiveState) {
  const [only, ...others] = serving.filter(({ percent }) => percent > 0);
  return others.length === 0 ? only : undefined;
}
