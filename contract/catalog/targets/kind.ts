import type { z } from 'zod';

/** Describes one kind of target: the fields of its catalog entry, and the words of its platform. */
export interface TargetKind<Schema extends z.ZodType> {
  /** Makes the schema of the entry. Workflows have no use for it, so it is not there before it is asked for. */
  schema(): Schema;
  /**
   * Says whether a candidate beside what serves, at no traffic, can be called. Without one a change migrates before it
   * releases, and smokes only what is live.
   */
  hasCandidate(target: z.infer<Schema>): boolean;
  /** True if a migration job stands beside the service between changes, and so needs the image that serves. */
  hasStandingJob: boolean;
  /** True if logs are read where they are written: then no entry is late, and an empty answer proves something. */
  readsLogsAtSource: boolean;
  /** True if its instances can be named and ended one by one, as a drill does. */
  hasInstances: boolean;
  /** True if the platform itself asks whoever calls the workload for an identity token. */
  asksForIdentity: boolean;
  /** Names the workload as logs and metrics of the platform do. */
  workloadOf(target: z.infer<Schema>): string;
  /** Names the migration job; null if the target has none. */
  migrationJobOf(target: z.infer<Schema>): string | null;
  /** Names the job of the post-deploy smoke, or how the names of such jobs begin; null if the target has none. */
  smokeJobOf(target: z.infer<Schema>): string | null;
  /** Names the job of evidence, or how the names of such jobs begin; null if the target has none. */
  evidenceJobOf(target: z.infer<Schema>): string | null;
  /** Names what Slipway writes its fence to: two targets with one of them would refuse each other's writes. */
  fencedResources(target: z.infer<Schema>): string[];
  /** Gives the shell command with which a person reads a secret. */
  readSecretCommand(target: z.infer<Schema>, secret: string, version: string): string;
  /** Names the platform as people do. */
  title: string;
  /** Makes the filter for lines of the workload's log that have a word in them, in any case. */
  logSearch(target: z.infer<Schema>, word: string): string;
  /** Makes the filter for all lines of the workload's log, but for those of some revisions where that can be said. */
  ownLog(target: z.infer<Schema>, without: readonly string[]): string;
  /** Makes the filter for lines of the workload's log that are warnings or worse. */
  failureSearch(target: z.infer<Schema>): string;
  /** Makes the filter for what one revision wrote to stderr; null where the platform keeps both streams in one log. */
  stderrSearch(target: z.infer<Schema>, revision: string): string | null;
  /** Says whether the platform itself gave an answer, because no instance could take the request just now. */
  isOwnAnswer(answer: { status: number; text: string }): boolean;
  /** Says why a path of the workload's own address may never reach it; null if it does. */
  reservedPath(path: string): string | null;
  /** Says whether the platform itself refused an answer, because the caller has shown no identity that may call. */
  isIdentityRefusal(answer: { status: number; text: string }): boolean;
  /** Writes a filter as a person asks it again, without Slipway. */
  logQuestion(target: z.infer<Schema>, filter: string, window: LogWindow): LogQuestion;
}

/** A stretch of time (RFC 3339), its end excluded. */
export interface LogWindow {
  since: string;
  until: string;
}

export interface LogQuestion {
  /** The platform's log, or the program that reads it. */
  source: string;
  /** A query in the source's language, or a shell command. */
  query: string;
  /** Page with the answer; null if the source has none. */
  link: string | null;
}
