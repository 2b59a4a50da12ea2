import { describe, expect, it } from 'vitest';
import { QuietTime } from '../../workflows/incident/quiet-time.ts';

const minutes = 60_000;

/** Looks at these moments, and says when the time was full; null if it was not. */
function endOf(quiet: QuietTime, looks: readonly [atMs: number, isPresent: boolean][]): number | null {
  for (const [atMs, isPresent] of looks) {
    quiet.see(isPresent, atMs);
    if (quiet.leftMs <= 0) return atMs;
  }
  return null;
}

const everyPause = (fromMs: number, untilMs: number) => {
  const pauseMs = (10 * minutes) / 6;
  const count = Math.floor((untilMs - fromMs) / pauseMs) + 1;
  return Array.from({ length: count }, (_, index): [number, boolean] => [fromMs + index * pauseMs, false]);
};

describe('the quiet time before an incident is over', () => {
  it('is full when nothing was seen for so long, and looks six times in it', () => {
    const quiet = new QuietTime(10 * minutes);
    expect(quiet.see(false, 0)).toBeNull();
    expect(quiet.pauseMs).toBe((10 * minutes) / 6);
    expect(endOf(quiet, everyPause(quiet.pauseMs, 20 * minutes))).toBe(10 * minutes);
  });

  it('begins again when the symptom is back', () => {
    const quiet = new QuietTime(10 * minutes);
    quiet.see(false, 0);
    expect(quiet.see(true, 5 * minutes)).toBe('back');
    expect(quiet.see(true, 6 * minutes)).toBeNull();
    expect(endOf(quiet, everyPause(7 * minutes, 30 * minutes))).toBe(17 * minutes);
  });

  it('does not count the time in which nobody has looked', () => {
    const quiet = new QuietTime(10 * minutes);
    quiet.see(false, 0);
    quiet.see(false, 100_000);
    // No worker was there for an hour.
    expect(quiet.see(false, 60 * minutes)).toBe('unwatched');
    expect(quiet.leftMs).toBe(10 * minutes);
    expect(endOf(quiet, everyPause(60 * minutes + quiet.pauseMs, 90 * minutes))).toBe(70 * minutes);
  });

  it('goes on over a look that is a little late', () => {
    const quiet = new QuietTime(10 * minutes);
    quiet.see(false, 0);
    expect(quiet.see(false, quiet.pauseMs + 20_000)).toBeNull();
    expect(quiet.leftMs).toBe(10 * minutes - (100_000 + 20_000));
  });
});
