import { median, medianInterval, type Interval } from './statistics.ts';

/** Milliseconds of one run of an arm. */
export type Arm = () => Promise<number>;

export interface Compared {
  ours: number;
  other: number;
  ratio: Interval;
}

/**
 * Runs two arms in turn (A B, B A, A B, ...), so that what drifts on the machine meets both alike. Answers medians
 * and the ratio of pairs.
 */
export async function compared(pairs: number, ours: Arm, other: Arm): Promise<Compared> {
  const oursMs: number[] = [];
  const otherMs: number[] = [];
  for (let index = 0; index < pairs; index += 1) {
    const oursFirst = index % 2 === 0;
    if (oursFirst) oursMs.push(await ours());
    otherMs.push(await other());
    if (!oursFirst) oursMs.push(await ours());
  }
  const ratios = oursMs.map((value, index) => value / (otherMs[index] ?? NaN));
  return { ours: median(oursMs), other: median(otherMs), ratio: medianInterval(ratios) };
}

/** Milliseconds that something takes. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

export function ratioText({ median: middle, low, high }: Interval): string {
  return `${middle.toFixed(2)} (95 %: ${low.toFixed(2)} to ${high.toFixed(2)})`;
}
