import { describe, expect, it } from 'vitest';
import { logCadence, operationCadence, pauseOf, type Cadence } from '../../activities/cadence.ts';
import { follow } from '../../activities/google/polling.ts';

/** Counts the looks at something that lasts so long, and the time until its end is noticed. */
function looksAt(cadence: Cadence, lastsMs: number): { looks: number; lateMs: number } {
  let looks = 1;
  let at = 0;
  while (at < lastsMs) {
    at += pauseOf(cadence, at);
    looks += 1;
  }
  return { looks, lateMs: at - lastsMs };
}

/** The time until an end is noticed in the worst case, among ends within a second of this one. */
function latestMs(cadence: Cadence, lastsMs: number): number {
  const ends = Array.from({ length: 100 }, (_, index) => lastsMs + index * 10);
  return Math.max(...ends.map((end) => looksAt(cadence, end).lateMs));
}

describe('looks at what ends by itself', () => {
  it.each([
    [2, 10, 300],
    [20, 58, 650],
    [60, 100, 1_900],
    [3_600, 900, 5_000],
  ])('by the platform for %i s are at most %i, and its end is noticed within %i ms', (seconds, most, lateMs) => {
    expect(looksAt(operationCadence, seconds * 1_000).looks).toBeLessThanOrEqual(most);
    expect(latestMs(operationCadence, seconds * 1_000)).toBeLessThanOrEqual(lateMs);
  });

  it('in a log that takes two minutes are some twenty, and not one each second', () => {
    expect(looksAt(logCadence, 120_000).looks).toBeLessThanOrEqual(24);
    expect(looksAt(logCadence, 3_000)).toEqual({ looks: 4, lateMs: 0 });
  });

  it('end at once when the work is given up', async () => {
    const gone = new AbortController();
    let looks = 0;
    const followed = follow({
      read: async () => (looks += 1),
      ended: () => false,
      tell: () => ({}),
      progress: () => gone.abort(new Error('cancelled')),
      signal: gone.signal,
    });
    await expect(followed).rejects.toThrow('cancelled');
    expect(looks).toBe(1);
  });
});
