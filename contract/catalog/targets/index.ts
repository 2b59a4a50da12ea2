import type { z } from 'zod';
import { cloudRun } from './cloud-run.ts';
import { kubernetes } from './kubernetes.ts';
import type { LogQuestion, LogWindow, TargetKind } from './kind.ts';

/** Lists the kinds of targets. A further one is a file here and a line; its adapter is a folder in activities/. */
export const targetKinds = { cloudRun, kubernetes } satisfies Record<string, TargetKind<z.ZodType>>;

type Kinds = typeof targetKinds;
export type TargetKindName = keyof Kinds;
export type TargetEntryOf<Kind extends TargetKindName> = z.infer<ReturnType<Kinds[Kind]['schema']>>;
/** The target of one environment, as its catalog file has it. */
export type TargetEntry = TargetEntryOf<TargetKindName>;

/** Names the workload as logs and metrics of its platform do. */
export function workloadOf(entry: TargetEntry): string {
  return kindOf(entry).workloadOf(entry);
}

/** Names the migration job of a target; null if it has none. */
export function migrationJobOf(entry: TargetEntry): string | null {
  return kindOf(entry).migrationJobOf(entry);
}

/** Names the job of the post-deploy smoke; null if the target has none. */
export function smokeJobOf(entry: TargetEntry): string | null {
  return kindOf(entry).smokeJobOf(entry);
}

/** Names the job of evidence; null if the target has none. */
export function evidenceJobOf(entry: TargetEntry): string | null {
  return kindOf(entry).evidenceJobOf(entry);
}

/** Says whether a candidate of this target can be called before it takes traffic. */
export function hasCandidate(entry: TargetEntry): boolean {
  return kindOf(entry).hasCandidate(entry);
}

/** Says whether a migration job stands beside the service of this target between changes. */
export function hasStandingJob(entry: TargetEntry): boolean {
  return kindOf(entry).hasStandingJob;
}

/** Says whether an empty log of this target proves that nothing was written. */
export function readsLogsAtSource(entry: TargetEntry): boolean {
  return kindOf(entry).readsLogsAtSource;
}

/** Says whether instances of this target can be named and ended one by one. */
export function hasInstances(entry: TargetEntry): boolean {
  return kindOf(entry).hasInstances;
}

/** Says whether the platform of this target itself asks callers for an identity token. */
export function asksForIdentity(entry: TargetEntry): boolean {
  return kindOf(entry).asksForIdentity;
}

/** Names what Slipway writes its fence to at a target. */
export function fencedResources(entry: TargetEntry): string[] {
  return kindOf(entry).fencedResources(entry);
}

/** Gives the shell command with which a person reads a secret of the target's platform. */
export function readSecretCommand(entry: TargetEntry, secret: string, version: string): string {
  return kindOf(entry).readSecretCommand(entry, secret, version);
}

/** Names the platform of a target as people do. */
export function platformOf(entry: TargetEntry): string {
  return kindOf(entry).title;
}

/** Makes the filter of the platform's log for lines of this workload with a word in them. */
export function logSearch(entry: TargetEntry, word: string): string {
  return kindOf(entry).logSearch(entry, word);
}

/**
 * Makes the filter of the platform's log for all lines of this workload. Lines of the revisions `without` may be in the
 * answer all the same.
 */
export function ownLog(entry: TargetEntry, without: readonly string[]): string {
  return kindOf(entry).ownLog(entry, without);
}

/** Makes the filter of the platform's log for lines of this workload that are warnings or worse. */
export function failureSearch(entry: TargetEntry): string {
  return kindOf(entry).failureSearch(entry);
}

/** Makes the filter of the log for what one revision wrote to stderr; null where streams are not told apart. */
export function stderrSearch(entry: TargetEntry, revision: string): string | null {
  return kindOf(entry).stderrSearch(entry, revision);
}

/**
 * Says whether an answer is the platform's own, because no instance could take the request just now. Then the service
 * never saw it.
 */
export function isOwnAnswer(entry: TargetEntry, answer: { status: number; text: string }): boolean {
  return kindOf(entry).isOwnAnswer(answer);
}

/** Says why a path of a target's own address may never reach it; null if it does. */
export function reservedPath(entry: TargetEntry, path: string): string | null {
  return kindOf(entry).reservedPath(path);
}

/** Says whether the platform itself refused an answer, since the caller has shown no identity that may call. */
export function isIdentityRefusal(entry: TargetEntry, answer: { status: number; text: string }): boolean {
  return kindOf(entry).isIdentityRefusal(answer);
}

/** Writes a filter of the platform's log as a person asks it again. */
export function logQuestion(entry: TargetEntry, filter: string, window: LogWindow): LogQuestion {
  return kindOf(entry).logQuestion(entry, filter, window);
}

function kindOf({ kind }: TargetEntry): TargetKind<z.ZodType<TargetEntry>> {
  return targetKinds[kind];
}
