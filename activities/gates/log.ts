import type { LogGate } from '../../contract/catalog/gates.ts';
import type { Check } from './gate.ts';

/** Compares the entries since the shift with what the same window before it lets expect (ADR 0009). */
export const checkLog: Check<LogGate> = async (
  { filter, freshnessMinutes, limit },
  { entry, shiftedAt, ports, clock, entriesBefore },
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
  const countBefore = async () =>
    (await ports.logs.read(target, { filter, since: before, until: shiftedAt }, limit)).length;
  const known = entriesBefore.get(filter);
  const [counted, seen] = await Promise.all([
    known ?? countBefore(),
    ports.logs.read(target, { filter, since: shiftedAt, until: new Date(until).toISOString() }, limit),
  ]);
  const minutes = Math.max(0, until - shifted) / 60_000;
  const allowedBy = (count: number) => Math.ceil((count / freshnessMinutes) * minutes);
  // What was written before the shift does not change, so it is counted once. But some of it may have arrived late, so
  // it is counted again before a release is taken back for it.
  const isShort = known !== undefined && seen.length > allowedBy(known);
  const baseline = isShort ? Math.max(known, await countBefore()) : counted;
  entriesBefore.set(filter, baseline);
  const allowed = allowedBy(baseline);
  return {
    verdict: seen.length > allowed ? 'fail' : 'pass',
    reason:
      `${atLeast(seen.length, limit)} new entries since the shift; ` +
      `${allowed === 0 ? 'none' : `up to ${allowed}`} expected ` +
      `(${atLeast(baseline, limit)} in the ${freshnessMinutes} minutes before)`,
    samples: seen.slice(0, 3).map(({ timestamp, text }) => `${timestamp} ${text}`),
  };
};

function atLeast(count: number, limit: number): string {
  return count === limit ? `${limit} or more` : String(count);
}
