import { setTimeout as pause } from 'node:timers/promises';
import type { Artifact } from '../contract/artifact.ts';
import type { CatalogEntry } from '../contract/catalog/catalog.ts';
import type { Snapshot } from '../contract/live.ts';
import { isRollbackClass } from '../contract/environment.ts';
import { unreleasedSchemaChanges } from '../contract/ledger.ts';
import { schemaRoles } from '../contract/people.ts';
import {
  releasesArtifact,
  type ChangeKind,
  type CommitsBetween,
  type Plan,
  type PlannedMigration,
  type RequiredApproval,
} from '../contract/plan.ts';
import { invalidInput } from './failure.ts';
import { addressObstacles } from './gates/address.ts';
import { readConfiguration, type Configuration } from './configuration/index.ts';
import { currentLedger } from './current-ledger.ts';
import type { ListedMigrations } from './migrations/list.ts';
import {
  crossedMigrations,
  pendingMigrations,
  rolledBackMigrations,
  type SchemaChangeRequest,
} from './migrations/schema-change.ts';
import { servedArtifact } from './known-good/known-states.ts';
import { originOf } from './origin.ts';
import { hashOfPlan, type ShownParts } from './plan-hash.ts';
import type { Ports } from './ports/index.ts';
import { refusedQuestions } from './refused-questions.ts';
import { planRotation, rotationObstacles, type RotationRequest } from './rotation.ts';
import type { TargetDifference } from './ports/target.ts';
import { containerSettings } from './targets.ts';

/** Well below the timeout of a read. */
const maxSettlingMs = 30_000;
const settlePollMs = 500;

/** A rollback goes back to what was recorded, and a migrate leaves the service as it is. */
const rendering: ReadonlySet<ChangeKind> = new Set(['deploy', 'promote']);

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
  /** True for the first plan: all that the catalog will have its sources asked is tried. */
  first?: boolean;
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
  attestations,
  builds,
  catalog,
  environments,
  evidence,
  logs,
  metrics,
  secrets,
  sources,
  targets,
}: Pick<
  Ports,
  | 'attestations'
  | 'builds'
  | 'catalog'
  | 'environments'
  | 'evidence'
  | 'logs'
  | 'metrics'
  | 'secrets'
  | 'sources'
  | 'targets'
>) {
  return {
    async plan({
      entry,
      kind,
      change,
      artifact,
      steps,
      rotation,
      revisionAliases = {},
      first = false,
      entering = false,
    }: PlanRequest): Promise<PlanResult> {
      const taken = entering && kind !== 'rollback' ? await settledSnapshot(entry) : await snapshotOf(entry);
      const { live, good } = taken;
      const refusing = first ? refusedQuestions({ logs, metrics }, entry, good?.revision ?? '', kind) : [];
      // Nothing blocks a rollback (invariant I6): the plan says it, and the rollback goes on.
      if (!isRollbackClass(kind)) {
        const refused = await refusing;
        if (refused.length > 0) throw invalidInput(refused);
      }
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
      const schemaChange = { entry, artifact: planned, live };
      const listed = await migrationsOf(kind, schemaChange);
      const passed = await crossedOf(kind, listed, schemaChange);
      const migrations = 'unknown' in listed ? null : listed.migrations;
      const crossed = 'unknown' in passed ? null : passed.migrations;
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
        ...(crossed?.length !== 0 && { crossed }),
        steps,
        ...(rotation && { secrets: rotated }),
        approvals: approvalsFor(entry, kind, [migrations, crossed]),
        catalog: entry.hash,
        live: {
          serving: live.serving.map(({ image: _image, ...one }) => aliased(one)),
          traffic: live.traffic.map(aliased),
          template: live.template && aliased(live.template),
          job: live.job,
          ...(live.jobs && { jobs: live.jobs }),
        },
        rollbackTo: good ? { revision: aliased(good).revision, digest: good.digest, commit: good.commit } : null,
      };
      const [refused, commits, found, configuration, origin] = await Promise.all([
        refusing,
        releasesArtifact(kind) ? commitsBetween(entry, good?.commit ?? '', planned.commit) : null,
        differenceOf(entry, kind, planned),
        rendering.has(kind) ? configurationOf(entry, planned.commit) : undefined,
        rendering.has(kind) && planned.digest !== ''
          ? originOf({ attestations, builds, catalog }, entry, planned)
          : undefined,
      ]);
      const { text: difference, contested } = found ?? { text: null, contested: [] };
      const { keys, manifest } = configuration ?? {};
      const shown: ShownParts = {
        commits,
        difference,
        ...(keys && { configuration: keys }),
        ...(manifest && { manifest }),
        ...(origin && { origin }),
        ...('unknown' in listed && { migrationsUnknown: listed.unknown }),
        ...('unknown' in passed && { crossedUnknown: passed.unknown }),
        ...(refused.length > 0 && { refusedQuestions: refused.map(({ path, message }) => `${path}: ${message}`) }),
      };
      const plan = { ...content, hash: hashOfPlan(content), ...shown };
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

  /** Finds the migrations that the change runs, or that a rollback crosses. */
  async function migrationsOf(kind: ChangeKind, change: Omit<SchemaChangeRequest, 'unreleased'>) {
    if (!changesSchema(kind)) return { migrations: [] };
    return kind === 'rollback' ? rolledBackMigrations(sources, change) : pendingMigrations(sources, change, kind);
  }

  /**
   * Finds the migrations that the schema may have and the artifact does not know. Of a rollback they are its
   * migrations, and its preflight has asked the ledger. Where the artifact's own are not
   * known, the data owner is asked anyway.
   */
  async function crossedOf(
    kind: ChangeKind,
    own: ListedMigrations,
    change: Omit<SchemaChangeRequest, 'unreleased'> & { entry: CatalogEntry },
  ): Promise<ListedMigrations> {
    if (!changesSchema(kind) || kind === 'rollback' || 'unknown' in own || !change.entry.settings.migration)
      return { migrations: [] };
    const { ledger } = await currentLedger({ environments, evidence }, change.entry);
    const unreleased = unreleasedSchemaChanges(ledger).map(({ commit }) => commit);
    return crossedMigrations(sources, { ...change, unreleased });
  }
}

/** A restart and a rotation bring no other code, and run no migration. */
function changesSchema(kind: ChangeKind): boolean {
  return kind !== 'restart' && kind !== 'rotateSecrets';
}

/**
 * Lists the policy's approvals, and whoever answers for the schema where a migration is not compatible: one that will
 * run, or one that the schema has already (invariant I8).
 */
function approvalsFor(
  entry: CatalogEntry,
  kind: ChangeKind,
  migrations: readonly (readonly PlannedMigration[] | null)[],
): RequiredApproval[] {
  const required = policyFor(entry, kind);
  const isCompatible = migrations.every(
    (some) => some?.every(({ compatibility }) => compatibility === 'compatible') ?? false,
  );
  const answering = schemaRoles(entry);
  const [role] = answering;
  if (isCompatible || role === undefined || required.some((one) => answering.includes(one.role))) return required;
  return [...required, { role, count: 1 }];
}

/** A migration alone repeats what a release was approved for. */
function policyFor({ settings: { approvals } }: CatalogEntry, kind: ChangeKind): RequiredApproval[] {
  if (kind === 'migrate') return [];
  return isRollbackClass(kind) ? approvals.rollback : approvals.required;
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
