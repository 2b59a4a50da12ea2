import type { Artifact } from '../../contract/artifact.ts';
import type { CatalogEntry } from '../../contract/catalog/catalog.ts';
import type { EnvironmentStatus, Hold } from '../../contract/environment.ts';
import type { Problem } from '../../contract/failures.ts';
import { holdsOf } from '../../contract/holds.ts';
import { changeEntries, verifiedChanges, type LedgerEntry, type Served } from '../../contract/ledger.ts';
import type { LiveState, ServingRevision } from '../../contract/live.ts';
import type { ChangeKind, Plan } from '../../contract/plan.ts';
import { invalidInput } from '../failure.ts';
import { onlyServing } from './known-good.ts';
import type { Ports } from '../ports/index.ts';

/** A state that a rollback can name: the artifact, and the revision that carried it. */
interface NamedState {
  artifact: Artifact;
  revision: string;
  /** The change that verified it, or the one before which it served. */
  change: string;
  verified: boolean;
}

/** The goal of a rollback. */
export interface KnownGood extends NamedState {
  /** True if it has all the traffic already, template and job agree with it, and no change is under way. */
  isServed: boolean;
  /** Changes since the last verified state that may have left a schema that this state does not know (invariant I8). */
  unreleasedSchemaChanges: string[];
  /** The check that got no answer; null if all did. A rollback does not wait for a registry (invariant I6). */
  unchecked: string | null;
}

/** The facts about an environment that a rollback chooses from. */
interface Situation {
  entry: CatalogEntry;
  state: EnvironmentStatus | null;
  live: LiveState;
  ledger: LedgerEntry[];
  holds: Hold[];
  /** A deploy or promotion that is under way: the rollback leaves its artifact. */
  activeHolder: NonNullable<EnvironmentStatus['holder']> | null;
  /** Newest first. */
  states: NamedState[];
  unreleasedSchemaChanges: string[];
}

/** Where a rollback goes (runbook 004, rollback procedure, step 1; invariant I5: a named state, never "previous"). */
export function createRollbackGoalActivities({
  builds,
  environments,
  evidence,
  targets,
}: Pick<Ports, 'builds' | 'environments' | 'evidence' | 'targets'>) {
  return {
    /**
     * The named known-good state; without a name the newest that is not what serves now and not on hold. Otherwise
     * everything that is wrong, and what there is instead.
     */
    async rollbackGoal({ entry, to }: { entry: CatalogEntry; to: string | null }): Promise<KnownGood> {
      const situation = await readSituation(entry);
      const named = to === null ? newest(situation) : stateNamed(situation, to);
      if ('problem' in named)
        throw invalidInput([{ path: 'to', message: `${named.problem}; ${await alternatives(situation, null)}` }]);
      const stored = await isStored(entry, named);
      const problems = objections(situation, named, stored === false);
      if (problems.length > 0)
        throw invalidInput([...problems, { path: 'to', message: await alternatives(situation, named) }]);
      const { unreleasedSchemaChanges } = situation;
      const isServed =
        situation.state?.holder || unreleasedSchemaChanges.length > 0 ? false : servesAlready(situation, named);
      return {
        ...named,
        isServed,
        unreleasedSchemaChanges,
        unchecked: stored === null ? 'whether the registry still has the image' : null,
      };
    },
  };

  async function readSituation(entry: CatalogEntry): Promise<Situation> {
    const { service, environment, settings } = entry;
    const [state, live] = await Promise.all([
      environments.statusOf(service, environment),
      targets[settings.target.kind].observe(settings.target),
    ]);
    const ledger = state?.ledger ?? (await evidence.readLedger(service, environment));
    const holds = state?.holds ?? holdsOf(ledger);
    const activeHolder = state?.holder && releasing.includes(state.holder.kind) ? state.holder : null;
    const before =
      activeHolder && stateFoundBy(activeHolder.digest, live, await environments.planOf(activeHolder.workflowId));
    const states = [
      ...(activeHolder && before ? [stateOf(entry, before, activeHolder.change)] : []),
      ...knownGoodStates(entry, ledger),
    ];
    return {
      entry,
      state,
      live,
      ledger,
      holds,
      activeHolder,
      states,
      unreleasedSchemaChanges: findUnreleasedSchemaChanges(ledger),
    };
  }

  /** Null where nobody can tell: the revision that is there may do without the registry. */
  async function isStored({ build }: CatalogEntry, { artifact }: NamedState): Promise<boolean | null> {
    if (!build) return null;
    return builds.isStored(build, artifact.image).catch(() => null);
  }

  /** The next state that can be gone to, and the others that have a name. */
  async function alternatives(situation: Situation, refused: NamedState | null): Promise<string> {
    const { states, entry } = situation;
    const digests = new Set<string>();
    const others = states.filter(
      ({ artifact: { digest } }) => digest !== refused?.artifact.digest && !digests.has(digest) && digests.add(digest),
    );
    const stored = await Promise.all(others.map((one) => isStored(entry, one)));
    const usable = others.filter(
      (one, index) =>
        objections(situation, one, stored[index] === false).length === 0 && !servesAlready(situation, one),
    );
    if (usable.length === 0) return nothingLeft(situation);
    return `known-good states, the newest first: ${usable.map(describe).join(', ')}`;
  }
}

const releasing: readonly ChangeKind[] = ['deploy', 'promote'];

/** What a change that is under way found: it says so itself; else it is what still serves beside it. */
function stateFoundBy(
  digest: string,
  live: LiveState,
  plan: Plan | null,
): Pick<ServingRevision, 'revision' | 'digest' | 'commit'> | null {
  const found = plan?.rollbackTo ?? onlyServing(live) ?? null;
  return found && found.digest !== digest ? found : null;
}

function newest({
  live,
  states,
  holds,
  activeHolder,
  unreleasedSchemaChanges,
}: Situation): NamedState | { problem: string } {
  // Where the schema was left behind by a change that did not get the traffic, what serves may be the very state to
  // go to.
  const avoided = activeHolder?.digest ?? (unreleasedSchemaChanges.length > 0 ? undefined : onlyServing(live)?.digest);
  const goal = states.find(
    ({ artifact: { digest } }) => digest !== avoided && !holds.some((hold) => hold.digest === digest),
  );
  return goal ?? { problem: 'there is no earlier state to go back to' };
}

/** A verified state stands for its schema, too; what came after it and was given up may have changed it. */
function findUnreleasedSchemaChanges(ledger: LedgerEntry[]): string[] {
  const changes = changeEntries(ledger);
  return changes
    .slice(changes.findLastIndex(({ verified }) => verified) + 1)
    .filter(({ irreversible }) => irreversible)
    .map(({ kind, change, commit }) => `${kind} ${change} (commit ${commit.slice(0, 12) || 'unknown'})`);
}

/** One state has the name, or why none has. */
function stateNamed(
  { entry: { environment }, states, ledger }: Situation,
  name: string,
): NamedState | { problem: string } {
  const found = states.filter((one) => isNamed(one, name));
  const [first] = found;
  const digests = new Set(found.map(({ artifact: { digest } }) => digest));
  if (digests.size > 1)
    return {
      problem: `${name} is ambiguous: ${found.map(describe).join(', ')} have this name; give a change id or the whole commit`,
    };
  if (first) return first;
  const unverified = changeEntries(ledger).findLast(
    ({ change, revision, commit }) => change === name || revision === name || beginsWith(commit, name),
  );
  if (!unverified) return { problem: `${name} is no known-good state of ${environment}` };
  return {
    problem: `${name} was never verified in ${environment}: ${unverified.kind} ${unverified.change} ended with "${unverified.outcome.slice(0, 200)}"`,
  };
}

/** Why a state cannot be gone to, all of it. */
function objections(
  { holds, entry: { service, environment } }: Situation,
  { artifact: { digest, image } }: NamedState,
  isGone: boolean,
): Problem[] {
  const hold = holds.find((one) => one.digest === digest);
  const problems: string[] = [];
  if (hold)
    problems.push(
      `is on hold since ${hold.since}: ${hold.reason} (change ${hold.change}); lift it first: ./slipway environment lift ${service} --environment ${environment} --digest ${digest} --reason "…"`,
    );
  if (isGone)
    problems.push(
      `its image ${image} is not in the registry any more, so no revision can be made of it: push it again, or go to an older state`,
    );
  return problems.map((message) => ({ path: 'to', message }));
}

/** Nothing to do: users, the next revision and the migration job have it (invariant I2 at rest). */
function servesAlready({ live, entry }: Situation, { artifact: { digest } }: NamedState): boolean {
  const isJobOfIt = !entry.settings.migration || live.job === null || live.job.digest === digest;
  return onlyServing(live)?.digest === digest && live.template?.digest === digest && isJobOfIt;
}

function nothingLeft({ entry: { service, environment }, live, holds, activeHolder }: Situation): string {
  if (activeHolder)
    return `${activeHolder.kind} ${activeHolder.change} of ${activeHolder.owner} is under way and nothing was there before it: cancel ${activeHolder.workflowId}, or decide there, and it takes back what it wrote`;
  const held =
    holds.length > 0
      ? `; on hold: ${holds.map(({ digest, commit, change }) => `${commit.slice(0, 12) || digest} (change ${change})`).join(', ')}`
      : '';
  const serves = live.exists ? 'what serves is the oldest state that is known' : 'nothing serves and nothing ever did';
  return `${serves}: release a commit that mends it, ./slipway deploy ${service} --environment ${environment} --commit …${held}`;
}

function stateOf({ build }: CatalogEntry, { revision, digest, commit }: Served, change: string): NamedState {
  return { artifact: { image: `${build?.image ?? ''}@${digest}`, digest, commit }, revision, change, verified: false };
}

/** Newest first: what was verified, then what served before the first change that Slipway made. */
function knownGoodStates(entry: CatalogEntry, ledger: LedgerEntry[]): NamedState[] {
  const verified = verifiedChanges(ledger).map(({ revision, digest, commit, change }) => ({
    ...stateOf(entry, { revision: revision ?? '', digest, commit }, change),
    verified: true,
  }));
  const before = changeEntries(ledger).flatMap(({ before: state, change }) =>
    state && state.digest !== '' ? [stateOf(entry, state, change)] : [],
  );
  const unverified = before.filter(({ artifact }) => !verified.some((one) => one.artifact.digest === artifact.digest));
  return [...verified.reverse(), ...unverified.reverse()];
}

/** A change id names what the change verified; the state before a change is named by its revision or commit. */
function isNamed({ change, revision, artifact, verified }: NamedState, name: string): boolean {
  return (verified && change === name) || revision === name || beginsWith(artifact.commit, name);
}

function beginsWith(commit: string, name: string): boolean {
  return name.length >= 7 && commit.startsWith(name);
}

function describe({ change, revision, artifact: { commit }, verified }: NamedState): string {
  const rest = `commit ${commit.slice(0, 12) || 'unknown'}, ${verified ? 'verified by' : 'served before'} ${change}`;
  return verified ? `${change} (revision ${revision}, ${rest})` : `${revision} (${rest})`;
}
