import type { LogGate } from '../../contract/catalog/gates.ts';
import type { Check } from './gate.ts';

/** Compares the entries since the shift with what the same window before it lets expect (ADR 0009). */
export const checkLog: Check<LogGate> = async (
  { filter, freshnessMinutes, limit },
  { entry, shiftedAt, ports, clock },
) => {
  if (shiftedAt === null)
    return {
      verdict: 'inconclusive',
      reason: 'the revision takes no live traffic yet, so there is nothing to count',
    };
  const { target } = entry.settings;
  const shifted = Date.parse(shiftedAt);
  const before = new Date(shifted - freshnessMinutes * 60_000).toISOString();
  // Both numbers are of the same time: what is written later belongs to the next look.
  const until = clock.now();
  const [baseline, seen] = await Promise.all([
    ports.logs.read(target, { filter, since: before, until: shiftedAt }, limit),
    ports.logs.read(target, { filter, since: shiftedAt, until: new Date(until).toISOString() }, limit),
  ]);
  const minutes = Math.max(0, until - shifted) / 60_000;
  const allowed = Math.ceil((baseline.length / freshnessMinutes) * minutes);
  return {
    verdict: seen.length > allowed ? 'fail' : 'pass',
    reason:
      `${atLeast(seen.length, limit)} new entries since the shift; ` +
      `${allowed === 0 ? 'none' : `up to ${allowed}`} expected ` +
      `(${atLeast(baseline.length, limit)} in the ${freshnessMinutes} minutes before)`,
    samples: seen.slice(0, 3).map(({ timestamp, text }) => `${timestamp} ${text}`),
  };
};

function atLeast(count: number, limit: number): string {
  return count === limit ? `${limit} or more` : String(count);
}
