import type { EnvironmentStatus } from './environment.ts';

/** Says that the store does not take the ledger, since when and why. */
export function describeUnwrittenEntries(
  { count, since, why }: NonNullable<EnvironmentStatus['unwritten']>,
  moment: (at: string) => string,
): string {
  const what = `${entryCount(count)} of the ledger cannot be written since ${moment(since)}: ${why}`;
  return `${what}. Nothing waits for it: the environment keeps what is unwritten, and tries again`;
}

/** Counts entries of a ledger. */
export function entryCount(count: number): string {
  return count === 1 ? '1 entry' : `${count} entries`;
}
