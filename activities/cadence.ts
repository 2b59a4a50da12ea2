/** How often something is looked at that comes to its end by itself. */
export interface Cadence {
  /** The pause at first: what takes seconds is noticed at once. */
  firstMs: number;
  /** The part of the time so far that a pause may take: who has waited for an hour can wait for seconds more. */
  share: number;
  maxMs: number;
}

/** Answers the pause before the next look at something that has lasted so long. */
export function pauseOf({ firstMs, share, maxMs }: Cadence, lastedMs: number): number {
  return Math.min(maxMs, Math.max(firstMs, lastedMs * share));
}

/**
 * Of what a platform is at work on: three a second for ten seconds, then after 3 % of the time so far. So a minute
 * costs some ninety reads, and an hour some eight hundred. Google's own clients back off to tens of seconds.
 */
export const operationCadence: Cadence = { firstMs: 300, share: 0.03, maxMs: 5_000 };

/** Of entries of a log: they arrive within seconds, or after a minute, and each look costs a read of a small quota. */
export const logCadence: Cadence = { firstMs: 1_000, share: 0.25, maxMs: 10_000 };
