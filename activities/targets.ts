import type { Artifact } from '../contract/artifact.ts';
import type { CatalogEntry } from '../contract/catalog/catalog.ts';
import type { Marker } from '../contract/fence.ts';
import type { Candidate, HealthCheck, JobRun, LiveState, ReadBack, Snapshot } from '../contract/live.ts';
import type { RotatedSecret } from '../contract/plan.ts';
import { withHeartbeat } from './heartbeat.ts';
import type { Ports } from './ports/index.ts';
import type { EarlierRun, JobReady, Shifted, StageRequest, Target } from './ports/target.ts';

interface Write {
  entry: CatalogEntry;
  marker: Marker;
}

/** Carries what a person forces; runs of an earlier version send nothing. */
interface Forceable {
  forced?: readonly string[];
}

/** Offers a target's methods as activities. The entry's kind tells the target. */
export function createTargetActivities({ targets }: Pick<Ports, 'targets'>) {
  return {
    observe: async ({ entry }: { entry: CatalogEntry }): Promise<LiveState> => at(entry).observe(entry.settings.target),

    health: async ({ entry }: { entry: CatalogEntry }): Promise<HealthCheck[]> =>
      at(entry).health(entry.settings.target),

    stamp: async ({ entry, marker, expected }: Write & { expected: string }): Promise<{ key: string }> =>
      withHeartbeat((progress, signal) =>
        at(entry).stamp(entry.settings.target, { marker, expected, progress, signal }),
      ),

    stage: async ({
      entry,
      marker,
      expected,
      artifact,
      snapshot,
      forced = [],
    }: Write & Forceable & { expected: string; artifact: Artifact; snapshot: Snapshot }): Promise<Candidate> =>
      withHeartbeat((progress, signal) =>
        at(entry).stage(entry.settings.target, {
          marker,
          expected,
          repository: entry.repository,
          artifact,
          snapshot,
          forced,
          ...containerSettings(entry, artifact),
          progress,
          signal,
        }),
      ),

    syncMigration: async ({
      entry,
      marker,
      artifact,
      revision,
      expected,
      fallback = false,
    }: Write & {
      artifact: Artifact;
      revision: string | null;
      expected?: string;
      fallback?: boolean;
    }): Promise<JobReady> =>
      withHeartbeat((progress, signal) => {
        const { command, args, timeoutSeconds } = commandOf(entry, fallback);
        const request = {
          marker,
          repository: entry.repository,
          artifact,
          revision,
          expected,
          command,
          args,
          timeoutSeconds,
          ...containerSettings(entry, artifact),
          progress,
          signal,
        };
        return at(entry).syncMigration(entry.settings.target, request);
      }),

    runMigration: async ({
      entry,
      marker,
      artifact,
      ready,
      fallback,
      earlier = [],
    }: Write & {
      artifact: Artifact;
      ready: JobReady;
      fallback: boolean;
      earlier?: readonly EarlierRun[];
    }): Promise<JobRun> =>
      withHeartbeat((progress, signal) => {
        const request = { marker, artifact, ready, earlier, ...commandOf(entry, fallback), progress, signal };
        return at(entry).runJob(entry.settings.target, request);
      }),

    shift: async ({
      entry,
      marker,
      expected,
      candidate,
      percent,
      snapshot,
      forced = [],
    }: Write &
      Forceable & { expected: string; candidate: Candidate; percent: number; snapshot: Snapshot }): Promise<Shifted> =>
      withHeartbeat((progress, signal) => {
        const request = { marker, expected, candidate, percent, snapshot, forced, progress, signal };
        return at(entry).shift(entry.settings.target, request);
      }),

    restart: async ({
      entry,
      marker,
      expected,
      snapshot,
    }: Write & { expected: string; snapshot: Snapshot }): Promise<Shifted> =>
      withHeartbeat((progress, signal) =>
        at(entry).restart(entry.settings.target, { marker, expected, snapshot, progress, signal }),
      ),

    stageSecrets: async ({
      entry,
      marker,
      expected,
      snapshot,
      secrets,
      forced = [],
    }: Write &
      Forceable & { expected: string; snapshot: Snapshot; secrets: readonly RotatedSecret[] }): Promise<Candidate> =>
      withHeartbeat((progress, signal) => {
        const request = { marker, expected, snapshot, secrets, forced, progress, signal };
        return at(entry).stageSecrets(entry.settings.target, request);
      }),

    readBack: async ({
      entry,
      artifact,
      revision,
      withDrift = false,
    }: {
      entry: CatalogEntry;
      artifact: Artifact;
      revision: string | null;
      withDrift?: boolean;
    }): Promise<ReadBack> =>
      at(entry).readBack(entry.settings.target, {
        artifact,
        revision,
        withJob: entry.settings.migration !== undefined,
        withDrift,
      }),

    restore: async ({
      entry,
      marker,
      snapshot,
      candidate,
      forced = [],
    }: Write & Forceable & { snapshot: Snapshot; candidate: string | null }): Promise<ReadBack> =>
      withHeartbeat((progress, signal) =>
        at(entry).restore(entry.settings.target, { marker, snapshot, candidate, forced, progress, signal }),
      ),
  };

  function at(entry: CatalogEntry): Target {
    return targets[entry.settings.target.kind];
  }
}

type ContainerSettings = Pick<StageRequest, 'variables' | 'secrets'>;

/** Gives the container's settings besides the image; `{commit}` stands for the artifact's commit. */
export function containerSettings({ settings }: CatalogEntry, { commit }: Artifact): ContainerSettings {
  const variables = Object.fromEntries(
    Object.entries(settings.variables).map(([name, value]) => [name, value.replaceAll('{commit}', commit)]),
  );
  return { variables, secrets: settings.secrets };
}

/** Answers the command of the migration, or the recorded older one. */
export function commandOf({ service, settings: { migration } }: CatalogEntry, fallback: boolean) {
  if (!migration) throw new TypeError(`${service} has no migration in its catalog file`);
  const { command, args } = (fallback ? migration.fallback : migration) ?? migration;
  return { command, args, timeoutSeconds: migration.timeoutSeconds };
}
