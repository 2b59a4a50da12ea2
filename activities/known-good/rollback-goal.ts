import { describeCommit } from '../../contract/artifact.ts';
import type { CatalogEntry } from '../../contract/catalog/catalog.ts';
import type { EnvironmentStatus, HolderKind, Hold } from '../../contract/environment.ts';
import type { Problem } from '../../contract/failures.ts';
import { describeHold } from '../../contract/holds.ts';
import {
  changeEntries,
  runningRevision,
  schemaRepairsSince,
  unreleasedSchemaChanges,
  verifiedChanges,
  type ChangeEntry,
  type LedgerEntry,
} from '../../contract/ledger.ts';
import type { LiveState, ServingRevision } from '../../contract/live.ts';
import { describeState, type NamedState } from '../../contract/named-state.ts';
import type { Plan } from '../../contract/plan.ts';
import { activityAttempt, invalidInput, passingFailure } from '../failure.ts';
import { currentLedger, LedgerUnread, type CurrentLedger } from '../current-ledger.ts';
import { onlyServing } from './known-good.ts';
import { beginsWith, imageRepository, isNamed, knownGoodStates, stateOf } from './known-states.ts';
import type { Ports } from '../ports/index.ts';
import type { KnownRevision } from '../ports/target.ts';

/** The goal of a rollback. */
export interface KnownGood extends NamedState {
  /** True if it serves already, template, job and ledger agree with it, and no change is under way. */
  isServed: boolean;
  /** Changes since the last verified state that may have left a schema that this state does not know (invariant I8). */
  unreleasedSchemaChanges: string[];
  /** Rollbacks since then that brought the schema back by hand: it may lack what this state needs. */
  schemaRepairs?: string[];
  /** True if it has the image that serves: only the configuration goes back. */
  isConfigurationOnly: boolean;
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
  /** Why the stored ledger cannot be read: then only the platform's revisions are known. Null if it was. */
  unread: string | null;
  /** The newest release, where it brought another configuration and no other image. */
  configurationRelease: ChangeEntry | null;
}

/**
 * Finds where a rollback goes (runbook 004, rollback procedure, step 1; invariant I5: a named state, never "previous").
 */
export function createRollbackGoalActivities({
  builds,
  environments,
  evidence,
  targets,
}: Pick<Ports, 'builds' | 'environments' | 'evidence' | 'targets'>) {
  return {
    /**
     * Answers the named known-good state; without a name the newest that neither serves nor is on hold. If it cannot be
     * used, it fails with all that is wrong and what there is instead. While the stored ledger cannot be read, only
     * what a person names is found, among the revisions that the platform still has.
     */
    async rollbackGoal({ entry, to }: { entry: CatalogEntry; to: string | null }): Promise<KnownGood> {
      const situation = await readSituation(entry, to);
      const named = to === null ? newest(situation) : stateNamed(situation, to);
      if ('problem' in named)
        throw invalidInput([{ path: 'to', message: `${named.problem}; ${await alternatives(situation, null)}` }]);
      const stored = await isStored(entry, named);
      const problems = objections(situation, named, stored === false);
      if (problems.length > 0)
        throw invalidInput([...problems, { path: 'to', message: await alternatives(situation, named) }]);
      const { unreleasedSchemaChanges } = situation;
      const isServed =
        !situation.state?.holder &&
        unreleasedSchemaChanges.length === 0 &&
        servesAlready(situation, named) &&
        isRecorded(situation, named);
      return {
        ...named,
        isServed,
        isConfigurationOnly: !isServed && onlyServing(situation.live)?.digest === named.artifact.digest,
        unreleasedSchemaChanges,
        ...repairsSince(situation, named),
        unchecked: describeUnchecked(situation, stored),
      };
    },
  };

  async function readSituation(entry: CatalogEntry, to: string | null): Promise<Situation> {
    const { target } = entry.settings;
    const [{ status: state, ledger, holds, unread }, live] = await Promise.all([
      readLedger(entry, to),
      targets[target.kind].observe(target),
    ]);
    const revisions = unread === null ? [] : await targets[target.kind].revisions(target);
    const activeHolder = state?.holder && releasing.includes(state.holder.kind) ? state.holder : null;
    const before =
      activeHolder && stateFoundBy(activeHolder.digest, live, await environments.planOf(activeHolder.workflowId));
    const repository = imageRepository(entry, live);
    const states = [
      ...(activeHolder && before ? [stateOf(repository, before, activeHolder.change)] : []),
      ...knownGoodStates(repository, ledger),
      ...revisions.filter(({ digest }) => digest !== '').map((one) => stateOf(repository, one, '')),
    ];
    return {
      entry,
      state,
      live,
      ledger,
      holds,
      activeHolder,
      states,
      // What is not known counts as incompatible (invariant I8).
      unreleasedSchemaChanges:
        unread !== null && entry.settings.migration
          ? ['nobody knows which, because the stored ledger cannot be read']
          : unreleasedSchemaChanges(ledger).map(describeSchemaChange),
      unread,
      configurationRelease: releaseOfConfiguration(ledger, live),
    };
  }

  /** Reads the ledger; goes on without it where it cannot be read and a person has named where to go. */
  async function readLedger(
    entry: CatalogEntry,
    to: string | null,
  ): Promise<CurrentLedger & { unread: string | null }> {
    try {
      return { ...(await currentLedger({ environments, evidence }, entry)), unread: null };
    } catch (error) {
      if (!(error instanceof LedgerUnread)) throw error;
      if (to === null) throw passingFailure(`${error.message}; ${await adviceWithoutLedger(entry)}`);
      if (activityAttempt() < ledgerTries) throw error;
      return { status: null, ledger: [], holds: [], unread: error.message };
    }
  }

  /** Says what a person can do while nobody knows the last known good. */
  async function adviceWithoutLedger({ settings: { target } }: CatalogEntry): Promise<string> {
    const revisions = await targets[target.kind].revisions(target).catch(() => []);
    const names = revisions.slice(0, maxRevisionsShown).map(describeRevision).join(', ') || 'none that it lists';
    return (
      'so nobody knows the last known good. Wait, or cancel this rollback and start it again with the revision or ' +
      `commit to go back to (--to); the platform has, newest first: ${names}`
    );
  }

  /** Says whether the registry has the image; null if nobody can tell. The revision that is there may do without. */
  async function isStored({ build }: CatalogEntry, { artifact }: NamedState): Promise<boolean | null> {
    if (!build) return null;
    return builds.isStored(build, artifact.image).catch(() => null);
  }

  /** Lists the states that a rollback can go to instead. */
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
    return `known-good states, the newest first: ${usable.map(describeState).join(', ')}`;
  }
}

/** How often a stored ledger is asked for before a rollback to a named revision goes on without it. */
const ledgerTries = 3;
const maxRevisionsShown = 5;

const releasing: readonly HolderKind[] = ['deploy', 'promote'];

/** Finds the state that a running change found. The change says it itself; else it is what still serves beside it. */
function stateFoundBy(
  digest: string,
  live: LiveState,
  plan: Plan | null,
): Pick<ServingRevision, 'revision' | 'digest' | 'commit'> | null {
  const found = plan?.rollbackTo ?? onlyServing(live) ?? null;
  return found && found.digest !== digest ? found : null;
}

function describeRevision({ revision, commit }: KnownRevision): string {
  return commit === '' ? revision : `${revision} (${describeCommit(commit)})`;
}

/** Describes the checks that got no answer; null if all did. */
function describeUnchecked({ unread }: Situation, stored: boolean | null): string | null {
  const parts = [
    ...(unread === null ? [] : [`whether it was ever verified, and whether it is on hold (${unread})`]),
    ...(stored === null ? ['whether the registry still has the image'] : []),
  ];
  return parts.length > 0 ? parts.join('; ') : null;
}

function newest(situation: Situation): NamedState | { problem: string } {
  const { live, states, holds, activeHolder, unreleasedSchemaChanges } = situation;
  // Where the schema was left behind by a change that did not get the traffic, what serves may be the very state to
  // go to.
  const avoided = activeHolder?.digest ?? (unreleasedSchemaChanges.length > 0 ? undefined : onlyServing(live)?.digest);
  const goal = states.find(
    (one) =>
      (one.artifact.digest !== avoided || isOtherConfiguration(situation, one)) &&
      !holds.some((hold) => hold.digest === one.artifact.digest),
  );
  return goal ?? { problem: 'there is no earlier state to go back to' };
}

function repairsSince({ ledger }: Situation, { change }: NamedState): Pick<KnownGood, 'schemaRepairs'> {
  const repairs = schemaRepairsSince(ledger, change).map(describeSchemaChange);
  return repairs.length > 0 ? { schemaRepairs: repairs } : {};
}

function describeSchemaChange({ kind, change, commit }: ChangeEntry): string {
  return `${kind} ${change} (${describeCommit(commit)})`;
}

/** Finds the one state of this name, or says why there is none. */
function stateNamed(
  { entry: { environment }, states, ledger, unread }: Situation,
  name: string,
): NamedState | { problem: string } {
  const found = states.filter((one) => isNamed(one, name));
  const [first] = found;
  const digests = new Set(found.map(({ artifact: { digest } }) => digest));
  if (digests.size > 1)
    return {
      problem:
        `${name} is ambiguous: ${found.map(describeState).join(', ')} have this name; ` +
        'give a change id or the whole commit',
    };
  if (first) return first;
  const unverified = changeEntries(ledger).findLast(
    ({ change, revision, commit }) => change === name || revision === name || beginsWith(commit, name),
  );
  if (!unverified && unread !== null) return { problem: `${name} is no revision or commit of the platform; ${unread}` };
  if (!unverified) return { problem: `${name} is no known-good state of ${environment}` };
  const { kind, change, outcome } = unverified;
  return {
    problem: `${name} was never verified in ${environment}: ${kind} ${change} ended with "${outcome.slice(0, 200)}"`,
  };
}

/** Lists all that keeps a rollback from a state. */
function objections(
  { holds, entry }: Situation,
  { artifact: { digest, image } }: NamedState,
  isGone: boolean,
): Problem[] {
  const hold = holds.find((one) => one.digest === digest);
  const problems: string[] = [];
  if (hold) problems.push(`is ${describeHold(hold, entry)}`);
  if (isGone)
    problems.push(`its image ${image} is not in the registry any more: push it again, or go to an older state`);
  return problems.map((message) => ({ path: 'to', message }));
}

/**
 * Finds the release that is the newest verified change and brought no other image than the one before it; null if there
 * is none. A rollback to that image is no such release: what it left is what was bad.
 */
function releaseOfConfiguration(ledger: LedgerEntry[], live: LiveState): ChangeEntry | null {
  const release = verifiedChanges(ledger).at(-1);
  if (!release || !releasing.includes(release.kind) || onlyServing(live)?.digest !== release.digest) return null;
  const { before, digest, revision } = release;
  return before?.digest === digest && before.revision !== revision ? release : null;
}

/** Says whether a state has the image that serves, and another configuration: that of before the newest release. */
function isOtherConfiguration(
  { configurationRelease: release }: Situation,
  { revision, artifact }: NamedState,
): boolean {
  return release !== null && release.digest === artifact.digest && release.revision !== revision;
}

/** Says whether users, the next revision and the migration job have the state already (invariant I2 at rest). */
function servesAlready(situation: Situation, named: NamedState): boolean {
  const { live, entry } = situation;
  const { digest } = named.artifact;
  if (isOtherConfiguration(situation, named)) return false;
  const isJobOfIt = !entry.settings.migration || live.job === null || live.job.digest === digest;
  return onlyServing(live)?.digest === digest && live.template?.digest === digest && isJobOfIt;
}

/**
 * Says whether the ledger has it that this state runs. After a rollback by hand it does not: then the rollback is made,
 * finds little to do, and is recorded.
 */
function isRecorded({ ledger }: Situation, { artifact: { digest } }: NamedState): boolean {
  const running = runningRevision(ledger);
  return running === null || (running.certain && running.digest === digest);
}

function nothingLeft({ entry: { service, environment }, live, holds, activeHolder }: Situation): string {
  if (activeHolder) {
    const { kind, change, owner, workflowId } = activeHolder;
    const who = `${kind} ${change} of ${owner}`;
    const advice = `cancel ${workflowId}, or decide there; then it removes what it created`;
    return `${who} is under way, and nothing served before it: ${advice}`;
  }
  const names = holds.map(({ digest, commit, change }) => `${commit.slice(0, 12) || digest} (change ${change})`);
  const onHold = names.length > 0 ? `; on hold: ${names.join(', ')}` : '';
  const serves = live.exists ? 'what serves is the oldest state that is known' : 'nothing serves and nothing ever did';
  const deploy = `./slipway deploy ${service} --environment ${environment} --commit …`;
  return `${serves}: release a commit that fixes it, ${deploy}${onHold}`;
}
