import type { Finding } from '../verdict.ts';

/**
 * Describes what triage looks at. A look is a gate's sister: it names a question, an activity answers it with evidence,
 * and a source that does not answer is said (invariant I10).
 */
export type Look =
  /** Alerts of this service and environment that fire now, as Alertmanager says (runbook 001, section 3, step 1). */
  | { kind: 'alerts' }
  /** Pods, restarts, autoscaler, last jobs, or what the platform has instead (section 3, steps 2 and 3). */
  | { kind: 'health' }
  /** The health check and the key routes, each with its answer (runbook 004, incident response, step 2). */
  | { kind: 'routes' }
  /** Whether the service reaches its database (the same step), as the service says and as its log does. */
  | { kind: 'database' }
  /** What serves, and whether it is what the ledger says. */
  | { kind: 'serving' }
  /** Lines of the service's log with a word in them, counted by some of their fields. */
  | { kind: 'logs'; name: string; word: string; by: readonly string[] }
  /** Values of a PromQL query, by series. */
  | { kind: 'metric'; name: string; query: string }
  /** Values of a PromQL query over the time, as one series: the picture of the report. */
  | { kind: 'series'; name: string; query: string }
  /** Lines that tell of failures, with their run, trace and request ids (runbook 001, section 3, step 5). */
  | { kind: 'ids'; name?: string };

/** Names a look, as its evidence is found again. */
export function lookName(look: Look): string {
  return 'name' in look && look.name !== undefined ? look.name : look.kind;
}

/** Holds what a look has found. `inconclusive` if its source did not answer. */
export interface Evidence extends Finding {
  /** The name of the look. */
  name: string;
  /** What was asked: a platform, Cloud Logging, Prometheus, the ledger. */
  source: string;
  /** The question in the source's own language, so that a person can ask it again; empty if there is none. */
  query: string;
  /** Time that was looked at; null if the look is about now. */
  window: { since: string; until: string } | null;
  /** How much there was; null if it is not known. */
  count: number | null;
  /** The first lines, or one line a group; secrets are hidden. */
  lines: string[];
  /** Page of the source with it; null if it has none. */
  link: string | null;
  /** When it was asked. */
  at: string;
  /** Values over the window, the oldest first; only a look of kind `series` has them. */
  points?: Point[];
}

/** A value of a series at a moment (RFC 3339). */
export interface Point {
  at: string;
  value: number;
}

/** The most points that a series keeps: as many as a picture of the width of a phone shows. */
export const maxPoints = 120;

/** The name of the look for the failing lines of a usual time, before the onset. */
export const usualFailuresLook = 'usual failures';

/** The name of the look that the catalog's `incidents.errorRate` asks for. */
export const errorRateLook = 'error rate';
