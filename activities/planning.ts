import { setTimeout as pause } from 'node:timers/promises';
import type { Artifact } from '../contract/artifact.ts';
import type { CatalogEntry } from '../contract/catalog/catalog.ts';
import type { ServingRevision, Snapshot } from '../contract/live.ts';
import { isRollbackClass } from '../contract/environment.ts';
import {
  releasesArtifact,
  type ChangeKind,
  type CommitsBetween,
  type Plan,
  type PlannedMigration,
  type RequiredApproval,
} from '../contract/plan.ts';
import { canonicalJson, sha256 } from '../catalog/load.ts';
import { addressObstacles } from './gates/address.ts';
import { readConfiguration, type Configuration } from './configuration/index.ts';
import type { ListedMigrations } from './migrations/list.ts';
import { migrationsOfCommit } from './migrations/of-commit.ts';
import { servedArtifact } from './known-good/known-states.ts';
import type { Ports } from './ports/index.ts';
import { planRotation, rotationObstacles, type RotationRequest } from './rotation.ts';
import type { TargetDifference } from './ports/target.ts';
import { containerSettings } from './targets.ts';

/** Well below the timeout of a read. */
const maxSettlingMs = 30_000;
const settlePollMs = 500;

/** A rollback goes back to what was recorded, and a migrate leaves the service as it is. */
const rendering: ReadonlySet<ChangeKind> = new Set(['deploy', 'promote']);

/** Parts of a plan that people see beside what they approve: they follow from it, so the hash does not cover them. */
type ShownParts = Pick<Plan, 'commits' | 'difference' | 'configuration' | 'manifest' | 'migrationsUnknown'>;

export interface PlanRequest {
  entry: CatalogEntry;
  kind: ChangeKind;
  change: string;
  /** The artifact; null if the change takes what serves now (`migrate`, `restart`). */
  artifact: Artifact | null;
  steps: string[];
  /** What a rotation asks for; absent for every other kind. */
  rotation?: RotationRequest;
  /**
   * Maps a revision that this change's restore made to the original that it replaces. To those who approve it is the
   * same state (invariant I4).
   */
  revisionAliases?: Record<string, string>;
  /** True if the change holds the environment. Then work under way is somebody else's last write, and is waited for. */
  entering?: boolean;
}

export interface PlanResult {
  plan: Plan;
  snapshot: Snapshot;
  /** What somebody else has changed and this plan would overwrite, one line each; absent in an earlier version. */
  contested?: string[];
}

/**
 * Takes the snapshot and makes the plan that follows from it. Reads only; the same world gives the same hash (invariant
 * I4).
 */
export function createPlanningActivities({
  secrets,
  sources,
  targets,
}: Pick<Ports, 'secrets' | 'sources' | 'targets'>) {
  return {
    async plan({
      entry,
      kind,
      change,
      artifact,
      steps,
      rotation,
      revisionAliases = {},
      entering = false,
    }: PlanRequest): Promise<PlanResult> {
      const taken = entering && kind !== 'rollback' ? await settledSnapshot(entry) : await snapshotOf(entry);
      const { live, good } = taken;
      const rotated = rotation && good ? await planRotation({ targets, secrets }, entry, good.revision, rotation) : [];
      const snapshot = {
        ...taken,
        obstacles: [
          ...taken.obstacles,
          ...rotationObstacles(good?.revision ?? '', rotated),
          // Nothing blocks a rollback (invariant I6): its smoke is inconclusive then, and a person decides.
          ...(kind === 'rollback' ? [] : addressObstacles(entry, live)),
        ],
      };
      const planned = artifact ?? servingArtifact(entry, kind, snapshot);
      const listed =
        kind === 'restart' || kind === 'rotateSecrets'
          ? { migrations: [] }
          : kind === 'rollback'
            ? await crossedMigrations(entry, planned, live.serving)
            : await pendingMigrations(entry, planned.commit, good?.commit ?? '', kind);
      const migrations = 'unknown' in listed ? null : listed.migrations;
      const aliased = <Named extends { revision: string | null }>(named: Named): Named => ({
        ...named,
        revision: named.revision && (revisionAliases[named.revision] ?? named.revision),
      });
      const content: Omit<Plan, 'hash' | keyof ShownParts> = {
        change,
        kind,
        service: entry.service,
        environment: entry.environment,
        artifact: planned,
        migrations,
        steps,
        ...(rotation && { secrets: rotated }),
        approvals: approvalsFor(entry, kind, migrations),
        catalog: entry.hash,
        live: {
          serving: live.serving.map(({ image: _image, ...one }) => aliased(one)),
          traffic: live.traffic.map(aliased),
          template: live.template && aliased(live.template),
          job: live.job,
        },
        rollbackTo: good ? { revision: aliased(good).revision, digest: good.digest, commit: good.commit } : null,
      };
      const [commits, found, configuration] = await Promise.all([
        releasesArtifact(kind) ? commitsBetween(entry, good?.commit ?? '', planned.commit) : null,
        differenceOf(entry, kind, planned),
        rendering.has(kind) ? configurationOf(entry, planned.commit) : undefined,
      ]);
      const { text: difference, contested } = found ?? { text: null, contested: [] };
      const { keys, manifest } = configuration ?? {};
      const shown: ShownParts = {
        commits,
        difference,
        ...(keys && { configuration: keys }),
        ...(manifest && { manifest }),
        ...('unknown' in listed && { migrationsUnknown: listed.unknown }),
      };
      const plan = { ...content, hash: sha256(canonicalJson(content)), ...shown };
      return { plan, snapshot, contested };
    },
  };

  /** Tells from where each key is taken; undefined if nobody answers. Its problems are preflight's to find. */
  async function configurationOf(entry: CatalogEntry, commit: string): Promise<Configuration | undefined> {
    return readConfiguration(sources, entry, commit).catch(() => undefined);
  }

  /** Tells what goes out; null if a commit is unknown or nobody answers: no release waits for a list of subjects. */
  async function commitsBetween(
    { repository }: CatalogEntry,
    serving: string,
    commit: string,
  ): Promise<CommitsBetween | null> {
    if (serving === '' || commit === '') return null;
    return sources.between(repository, serving, commit).catch(() => null);
  }

  /** Tells what changes of template or manifests; null where the change renders nothing. */
  async function differenceOf(
    entry: CatalogEntry,
    kind: ChangeKind,
    artifact: Artifact,
  ): Promise<TargetDifference | null> {
    if (!rendering.has(kind) || artifact.digest === '') return null;
    const { target } = entry.settings;
    const request = { repository: entry.repository, artifact, ...containerSettings(entry, artifact) };
    return targets[target.kind].difference(target, request);
  }

  function snapshotOf({ settings: { target } }: CatalogEntry): Promise<Snapshot> {
    return targets[target.kind].snapshot(target);
  }

  /** Takes a snapshot of a settled state. One that does not settle is no state to come back to (invariant I5). */
  async function settledSnapshot(entry: CatalogEntry): Promise<Snapshot> {
    const until = Date.now() + maxSettlingMs;
    for (;;) {
      const snapshot = await snapshotOf(entry);
      if (snapshot.changing === undefined) return snapshot;
      if (Date.now() > until) return { ...snapshot, obstacles: [...snapshot.obstacles, snapshot.changing] };
      await pause(settlePollMs);
    }
  }

  /** Finds migrations that the live commit does not have. */
  async function pendingMigrations(
    entry: CatalogEntry,
    commit: string,
    liveCommit: string,
    kind: ChangeKind,
  ): Promise<ListedMigrations> {
    const all = await migrationsOfCommit(sources, entry, commit);
    if ('unknown' in all || liveCommit === '' || kind === 'migrate') return all;
    return { migrations: without(all.migrations, await migrationsOfCommit(sources, entry, liveCommit)) };
  }

  /**
   * Finds the migrations that a rollback crosses: what serving revisions have and the older code does not know. A
   * rollback runs none of them.
   */
  async function crossedMigrations(
    entry: CatalogEntry,
    { digest, commit }: Artifact,
    serving: readonly ServingRevision[],
  ): Promise<ListedMigrations> {
    const leaving = serving.filter((one) => one.digest !== digest);
    if (!entry.settings.migration || (leaving.length === 0 && serving.length > 0)) return { migrations: [] };
    if (commit === '') return { unknown: 'the commit to go back to is not known' };
    if (leaving.length === 0) return { unknown: 'nothing serves, so nobody can say from where it goes back' };
    const newer = await Promise.all(
      [...new Set(leaving.map((one) => one.commit))].map((one) => migrationsOfCommit(sources, entry, one)),
    );
    const [unknown] = newer.filter((one) => 'unknown' in one);
    if (unknown) return unknown;
    const all = newer.flatMap((one) => ('unknown' in one ? [] : one.migrations));
    const crossed = without(all, await migrationsOfCommit(sources, entry, commit));
    return { migrations: crossed.filter(({ name }, index) => crossed.findIndex((one) => one.name === name) === index) };
  }
}

/**
 * Leaves out the migrations that a commit has. Where nobody can list those, all stay: to run or to cross too many is
 * asked about once too often, never once too seldom.
 */
function without(all: PlannedMigration[], excluded: ListedMigrations): PlannedMigration[] {
  const names = new Set('unknown' in excluded ? [] : excluded.migrations.map(({ name }) => name));
  return all.filter(({ name }) => !names.has(name));
}

/**
 * Lists the policy's approvals, and the data owner's before a migration that old code cannot live with (invariant I8).
 */
function approvalsFor(
  { settings, owners }: CatalogEntry,
  kind: ChangeKind,
  migrations: PlannedMigration[] | null,
): RequiredApproval[] {
  if (kind === 'migrate') return [];
  const required = isRollbackClass(kind) ? settings.approvals.rollback : settings.approvals.required;
  const compatible = migrations?.every(({ compatibility }) => compatibility === 'compatible') ?? false;
  if (compatible || !owners['data-owner'] || required.some(({ role }) => role === 'data-owner')) return required;
  return [...required, { role: 'data-owner', count: 1 }];
}

/** Finds the one artifact that serves all traffic; empty if traffic is split or nothing serves. */
function servingArtifact(entry: CatalogEntry, kind: ChangeKind, { live }: Snapshot): Artifact {
  const [only, ...others] = live.serving.filter(({ percent }) => percent > 0);
  if (only && others.length === 0) return servedArtifact(entry, only);
  // A restart is needed most where no instance is ready: then the template says what should serve.
  if (kind === 'restart' && !only && live.template)
    return servedArtifact(entry, { digest: live.template.digest, commit: '' });
  return { image: '', digest: '', commit: '' };
}
