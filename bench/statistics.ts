/**
 * Computes numbers that are honest on a noisy machine: medians, quantiles, intervals. The interval is one for the
 * median of paired ratios.
 */

const resamples = 2_000;
const seed = 20_260_101;

/** Finds the value below which this share of the sample lies; between two values, on the line between them. */
export function quantile(sample: readonly number[], share: number): number {
  if (sample.length === 0) throw new RangeError('a sample has at least one value');
  const sorted = [...sample].sort((a, b) => a - b);
  const position = (sorted.length - 1) * share;
  const below = sorted[Math.floor(position)] ?? NaN;
  const above = sorted[Math.ceil(position)] ?? NaN;
  return below + (above - below) * (position - Math.floor(position));
}

export function median(sample: readonly number[]): number {
  return quantile(sample, 0.5);
}

export interface Interval {
  median: number;
  low: number;
  high: number;
}

/**
 * Computes the median with its 95 % percentile bootstrap interval. The draws are always the same, so the same sample
 * gives the same interval.
 */
export function medianInterval(sample: readonly number[]): Interval {
  const draw = random(seed);
  const medians = Array.from({ length: resamples }, () =>
    median(sample.map(() => sample[Math.floor(draw() * sample.length)] ?? NaN)),
  );
  return { median: median(sample), low: quantile(medians, 0.025), high: quantile(medians, 0.975) };
}

/** Draws random numbers with Mulberry32, whose 32 bits of state are enough for a few thousand draws. */
function random(state: number): () => number {
  let a = state;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}
