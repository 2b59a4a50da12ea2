import type { z } from 'zod';

/** Describes one kind of target: the fields of its catalog entry, and the words of its platform. */
export interface TargetKind<Schema extends z.ZodType> {
  schema: Schema;
  /**
   * True if the platform can run a candidate beside what serves, at no traffic. Without one a change migrates before it
   * releases, and smokes only what is live.
   */
  hasCandidate: boolean;
  /** True if a migration job stands beside the service between changes, and so needs the image that serves. */
  hasStandingJob: boolean;
  /** True if logs are read where they are written: then no entry is late, and an empty answer proves something. */
  readsLogsAtSource: boolean;
  /** True if its instances can be named and ended one by one, as a drill does. */
  hasInstances: boolean;
  /** Names the workload as logs and metrics of the platform do. */
  workloadOf(target: z.infer<Schema>): string;
  /** Names the migration job; null if the target has none. */
  migrationJobOf(target: z.infer<Schema>): string | null;
  /** Names the job of the post-deploy smoke, or how the names of such jobs begin; null if the target has none. */
  smokeJobOf(target: z.infer<Schema>): string | null;
  /** Gives the shell command with which a person reads a secret. */
  readSecretCommand(target: z.infer<Schema>, secret: string, version: string): string;
}
